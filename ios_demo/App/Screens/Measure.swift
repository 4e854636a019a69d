import PhoneCore
import SwiftUI

struct MeasureScreen: View {
    @Bindable var screens: Screens
    /// What the phone was like when it was last asked; not while a run goes on.
    @State private var now: Now?

    private var state: MeasureState {
        screens.state { t, model in
            measureState(
                t, model.app, model.wish, now ?? model.now(), model.run, hasResult: model.report != nil,
                failed: model.measureFailed)
        }
    }

    var body: some View {
        NavigationStack {
            List {
                if let banner = state.banner { BannerView(banner: banner) }
                if let running = state.running {
                    RunningView(running: running) { screens.interrupt(.user) }
                } else if let empty = state.empty {
                    EmptyStateView(empty: empty) { screens.tab = .bundle }
                } else {
                    choices
                }
                if let last = state.lastResult { ActionView(button: last) { screens.shownResult = true } }
            }
            .navigationTitle(state.title)
            .onAppear { look() }
            .task { await screens.keepTime() }
            .sheet(isPresented: $screens.shownResult) {
                if let report = screens.model.report { ResultScreen(screens: screens, report: report) }
            }
        }
    }

    @ViewBuilder private var choices: some View {
        Section(state.configurationsTitle) {
            ForEach(state.configurations, id: \.id) { one in
                SwiftUI.Button {
                    screens.model.tick(one.id, !one.ticked)
                } label: {
                    HStack {
                        VStack(alignment: .leading) {
                            Text(one.title)
                            Text(one.subtitle).font(.footnote)
                            if let why = one.why { Text(why).font(.footnote).foregroundStyle(.secondary) }
                        }
                        Spacer()
                        if one.ticked { Image(systemName: "checkmark") }
                    }
                }
                .disabled(!one.enabled)
            }
        }
        ChoicesView(title: state.planTitle, choices: state.plans) { screens.model.plan($0) }
        Text(state.planText).font(.footnote)
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
            Text(running.step)
            ProgressView(value: running.fraction)
            FactsView(facts: running.facts)
            Text(running.note).font(.footnote).foregroundStyle(.secondary)
            ActionView(button: running.abort, act: abort)
        }
    }
}
