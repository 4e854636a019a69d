import PhoneCore
import SwiftUI
import UniformTypeIdentifiers

struct BundleScreen: View {
    let screens: Screens
    @State private var isOpening = false
    @State private var isFolder = false
    @State private var isChecking = false

    private var state: BundleState { screens.state { bundleState($0, $1.app) } }

    var body: some View {
        NavigationStack {
            List {
                if let banner = state.banner { BannerView(banner: banner) }
                if let busy = state.busy {
                    VStack(alignment: .leading) {
                        Text(busy.text)
                        ProgressView(value: busy.fraction)
                    }
                }
                if let empty = state.empty { EmptyStateView(empty: empty) { pick(folder: false) } }
                if let model = state.model { card(model) }
                ForEach(state.artifacts, id: \.title) { artifact in
                    Section("\(artifact.title), \(artifact.size)") {
                        ForEach(artifact.rows, id: \.title) { row($0) }
                    }
                }
                if let prove = state.prove { ActionView(button: prove) { screens.model.prove() } }
                Section {
                    ActionView(button: state.open) { pick(folder: false) }
                    ActionView(button: state.openFolder) { pick(folder: true) }
                    SwiftUI.Button(state.selfCheck) { isChecking = true }
                    Text(state.laptop).font(.footnote).foregroundStyle(.secondary)
                }
            }
            .navigationTitle(state.title)
            .fileImporter(isPresented: $isOpening, allowedContentTypes: isFolder ? [.folder] : [.data, .zip]) {
                picked in
                if case .success(let url) = picked { screens.open(url) }
            }
            .sheet(isPresented: $isChecking) { SelfCheckScreen(screens: screens) }
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
            HStack {
                Text(row.title)
                Spacer()
                ChipView(chip: row.chip)
            }
            if let detail = row.detail { Text(detail).font(.footnote).foregroundStyle(.secondary) }
        }
    }
}
