import PhoneCore
import SwiftUI
import UniformTypeIdentifiers

extension UTType {
    /// The type that Info.plist declares.
    static let embundle = UTType(exportedAs: "io.github.efficientmod.embundle")
}

struct BundleScreen: View {
    let screens: Screens
    @State private var isOpening = false
    @State private var isFolder = false
    @State private var isChecking = false

    var body: some View {
        let state = screens.state { bundleState($0, $1.app) }
        NavigationStack {
            List {
                if let banner = state.banner { BannerView(banner: banner) }
                if let busy = state.busy { ProgressView(value: busy.fraction) { Text(busy.text) } }
                if let empty = state.empty {
                    EmptyStateView(empty: empty, symbol: "shippingbox") { pick(folder: false) }
                }
                if let model = state.model { card(model) }
                ForEach(state.artifacts, id: \.title) { artifact in
                    Section(artifact.title + ", " + artifact.size) {
                        ForEach(artifact.rows, id: \.title) { row($0) }
                    }
                }
                if let prove = state.prove { ActionView(button: prove) { screens.model.prove() } }
                Section {
                    ActionView(button: state.open) { pick(folder: false) }
                    ActionView(button: state.openFolder) { pick(folder: true) }
                    SwiftUI.Button(state.selfCheck) { isChecking = true }
                    NoteView(text: state.laptop)
                }
            }
            .navigationTitle(state.title)
            .navigationDestination(isPresented: $isChecking) { SelfCheckScreen(screens: screens) }
            .fileImporter(isPresented: $isOpening, allowedContentTypes: isFolder ? [.folder] : [.embundle, .zip]) {
                picked in
                if case .success(let url) = picked { screens.open(url) }
            }
        }
    }

    private func pick(folder: Bool) {
        isFolder = folder
        isOpening = true
    }

    private func card(_ model: ModelCard) -> some View {
        Section(model.name) {
            Text(model.task)
            ChipView(chip: model.weights)
            FactsView(facts: model.facts)
        }
    }

    private func row(_ row: ProofRow) -> some View {
        VStack(alignment: .leading, spacing: 4) {
            LabeledContent(row.title) { ChipView(chip: row.chip) }
            if let detail = row.detail { NoteView(text: detail) }
        }
    }
}
