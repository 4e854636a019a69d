import PhoneCore
import SwiftUI

struct MeasureScreen: View {
    @Bindable var screens: Screens
    /// What the phone was like when it was last asked; not while a run goes on.
    @State private var now: Now?

    var body: some View {
        let state = screens.state { t, model in
            measureState(
                t, model.app, model.wish, now ?? model.now(), model.run, hasResult: model.report != nil,
                failed: model.measureFailed)
        }
        NavigationStack {
            Group {
                if let empty = state.empty, state.lastResult == nil {
                    EmptyStateView(empty: empty, symbol: "stopwatch") { screens.tab = .bundle }
                } else {
                    List { content(state) }
                }
            }
            .navigationTitle(state.title)
            .navigationDestination(isPresented: $screens.shownResult) {
                if let report = screens.model.report { ResultScreen(screens: screens, report: report) }
            }
            .onAppear { look() }
            .task { await screens.keepTime() }
        }
    }

    @ViewBuilder private func content(_ state: MeasureState) -> some View {
        if let banner = state.banner { BannerView(banner: banner) }
        if let running = state.running {
            RunningView(running: running) { screens.interrupt(.user) }
        } else if let empty = state.empty {
            EmptyStateView(empty: empty, symbol: "stopwatch") { screens.tab = .bundle }
        } else {
            choices(state)
        }
        if let last = state.lastResult { ActionView(button: last) { screens.shownResult = true } }
    }

    @ViewBuilder private func choices(_ state: MeasureState) -> some View {
        Section(state.configurationsTitle) {
            ForEach(state.configurations, id: \.id) { one in
                ChoiceRow(isChosen: one.ticked, choose: { screens.model.tick(one.id, !one.ticked) }) {
                    VStack(alignment: .leading) {
                        Text(one.title)
                        Text(one.subtitle).font(.footnote)
                        if let why = one.why { NoteView(text: why) }
                    }
                }
                .disabled(!one.enabled)
            }
        }
        ChoicesView(title: state.planTitle, choices: state.plans) { screens.model.plan($0) }
        NoteView(text: state.planText)
        Section(state.conditionsTitle) { ChecksView(checks: state.conditions) }
        ActionView(button: state.start) {
            look()
            screens.model.measure { _ in screens.shownResult = true }
        }
    }

    private func look() {
        if screens.model.run == nil { now = screens.model.now() }
    }
}

struct RunningView: View {
    let running: RunningState
    let abort: @MainActor () -> Void

    var body: some View {
        Section(running.title) {
            Text(running.configuration).font(.headline)
            ProgressView(value: running.fraction) { Text(running.step) }
            FactsView(facts: running.facts)
            NoteView(text: running.note)
            ActionView(button: running.abort, act: abort)
        }
    }
}
