/// What is found of a configuration in the course of a run.
final class Candidate {
    let configuration: Configuration
    let runtime: any Runtime
    var facts: SessionFacts?
    var replay: Replay?
    var load: Load?
    var memory: MemoryUse?
    var waits: [Wait] = []
    var phases: [Phase] = []
    /// Why it is out of the run: the state is then failed or refused.
    private(set) var out: (ReportedConfiguration.State, Reason)?
    /// Why the timing of it was ended from outside.
    var aborted: Abort?

    init(_ configuration: Configuration, _ runtime: any Runtime) {
        self.configuration = configuration
        self.runtime = runtime
    }

    var isProven: Bool { out == nil && replay?.passed == true }

    func fail(_ code: String, _ text: String) { out = (.failed, Reason(code: code, text: text)) }

    func refuse(_ code: String, _ text: String) { out = (.refused, Reason(code: code, text: text)) }

    /// The record; its times are left out where they belong to a configuration that failed.
    func report(_ circumstances: Circumstances) -> ReportedConfiguration {
        var found = ReportedConfiguration(
            configuration: configuration, runtimeVersion: runtime.version,
            facts: facts ?? SessionFacts(backends: [], computePrecision: configuration.mode.computePrecision),
            state: .proven, reason: nil, replay: out?.0 == .refused ? nil : replay, load: load, waits: waits,
            phases: out == nil ? phases : [], memory: memory)
        if let out {
            (found.state, found.reason) = out
        } else {
            (found.state, found.reason) = timed(found, circumstances)
        }
        return found
    }

    private func timed(
        _ found: ReportedConfiguration, _ circumstances: Circumstances
    ) -> (ReportedConfiguration.State, Reason?) {
        if found.phases.isEmpty && !found.facts.software { return (.proven, nil) }
        guard let reason = circumstances.voidReason(found) else { return (.measured, nil) }
        if let aborted, reason.code == "too_few_runs" {
            return (.void, Reason(code: "aborted", text: aborted.sentence))
        }
        return (.void, reason)
    }
}
