import PhoneCore
import PhotosUI
import SwiftUI

struct TryScreen: View {
    let screens: Screens
    @State private var picked: PhotosPickerItem?

    var body: some View {
        let state = screens.state { tryState($0, $1.app, $1.trying) }
        NavigationStack {
            Group {
                if let empty = state.empty {
                    EmptyStateView(empty: empty, symbol: "photo") { screens.tab = .bundle }
                } else {
                    List { content(state) }
                }
            }
            .navigationTitle(state.title)
            .onChange(of: picked) { _, item in
                guard let item else { return }
                picked = nil
                take(item)
            }
        }
    }

    @ViewBuilder private func content(_ state: TryState) -> some View {
        if let banner = state.banner { BannerView(banner: banner) }
        ChoicesView(title: state.samplesTitle, choices: state.samples) { screens.model.trySample($0) }
        PhotosPicker(state.photo.text, selection: $picked, matching: .images).disabled(!state.photo.enabled)
        ChoicesView(title: state.configurationsTitle, choices: state.configurations) { screens.model.runAs($0) }
        if state.busy { ProgressView() }
        if let seen = state.seen, let image = Photos.image(seen.picture) {
            Image(decorative: image, scale: 1).resizable().scaledToFit()
            NoteView(text: seen.text)
        }
        if !state.answers.isEmpty {
            Section(state.answersTitle) { AnswersView(answers: state.answers) }
            Section(state.timesTitle) { FactsView(facts: state.times) }
        }
        ForEach(state.notes, id: \.self) { NoteView(text: $0) }
    }

    /// The photo comes on another thread.
    private func take(_ item: PhotosPickerItem) {
        _ = item.loadTransferable(type: Data.self) { @Sendable [model = screens.model] loaded in
            DispatchQueue.main.async {
                MainActor.assumeIsolated {
                    let isJpeg = Photos.isJpeg((try? loaded.get()) ?? Data())
                    model.tryPhoto(isJpeg: isJpeg) { try Photos.decode(try loaded.get() ?? Data()) }
                }
            }
        }
    }
}
