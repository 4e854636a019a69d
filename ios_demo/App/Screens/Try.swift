import PhoneCore
import PhotosUI
import SwiftUI

struct TryScreen: View {
    let screens: Screens
    @State private var picked: PhotosPickerItem?

    private var state: TryState { screens.state { tryState($0, $1.app, $1.trying) } }

    var body: some View {
        NavigationStack {
            List {
                if let empty = state.empty {
                    EmptyStateView(empty: empty) { screens.tab = .bundle }
                } else {
                    content
                }
            }
            .navigationTitle(state.title)
            .onChange(of: picked) { _, item in
                guard let item else { return }
                Task { await take(item) }
            }
        }
    }

    @ViewBuilder private var content: some View {
        if let banner = state.banner { BannerView(banner: banner) }
        ChoicesView(title: state.samplesTitle, choices: state.samples) { screens.model.trySample($0) }
        PhotosPicker(state.photo.text, selection: $picked, matching: .images).disabled(!state.photo.enabled)
        ChoicesView(title: state.configurationsTitle, choices: state.configurations) { screens.model.runAs($0) }
        if state.busy { ProgressView() }
        if let seen = state.seen, let image = Photos.image(seen.picture) {
            Image(decorative: image, scale: 1).resizable().scaledToFit()
            Text(seen.text).font(.footnote).foregroundStyle(.secondary)
        }
        if !state.answers.isEmpty {
            Section(state.answersTitle) { AnswersView(answers: state.answers) }
            Section(state.timesTitle) { FactsView(facts: state.times) }
        }
        ForEach(state.notes, id: \.self) { Text($0).font(.footnote).foregroundStyle(.secondary) }
    }

    private func take(_ item: PhotosPickerItem) async {
        guard let data = try? await item.loadTransferable(type: Data.self) else { return }
        screens.model.tryPhoto(isJpeg: Photos.isJpeg(data)) { try Photos.decode(data) }
    }
}
