/// What came of a phase: its runs so far, and what ended it early.
struct PhaseResult {
    let phase: Phase?
    var stop: Stop?
    var failure: String?
}

/// Times calls of one open session; the inputs come in turn, and are written outside `runNs`.
final class Phases {
    private static let steady = 0.03

    private let session: any Session
    private let inputs: [[Values]]
    private let readsWithRun: Bool
    private let round: Int
    private let clock: any Clock
    private let monitor: Monitor
    private var turn = 0

    init(
        _ session: any Session, _ inputs: [[Values]], readsWithRun: Bool, round: Int, _ clock: any Clock,
        _ monitor: Monitor
    ) {
        self.session = session
        self.inputs = inputs
        self.readsWithRun = readsWithRun
        self.round = round
        self.clock = clock
        self.monitor = monitor
    }

    /// Until two blocks of 10 calls have medians within 3 %, and the plan's least, or the plan's limit is reached.
    func warmUp(_ plan: Plan) -> PhaseResult {
        timed(.warmup) { elapsed, runs in
            let least = runs.count >= plan.warmupCalls && elapsed >= plan.warmupS
            let block = PhaseStatistics.block
            let steady = runs.count % block == 0 && (PhaseStatistics.steadiness(runs) ?? 1) <= Phases.steady
            return least && steady || elapsed >= plan.warmupLimitS
        }
    }

    /// Back to back, until both of the plan's least are reached.
    func burst(_ plan: Plan) -> PhaseResult {
        timed(.burst) { elapsed, runs in runs.count >= plan.burstCalls && elapsed >= plan.burstS }
    }

    /// One call each interval, so that clocks fall in between.
    func paced(_ plan: Plan) -> PhaseResult {
        timed(.paced, intervalMs: plan.pacedIntervalMs) { _, runs in runs.count >= plan.pacedCalls }
    }

    /// Back to back for the plan's time; heat does not stop it, since heat is what it shows.
    func sustained(_ plan: Plan) -> PhaseResult {
        timed(.sustained) { elapsed, _ in elapsed >= plan.sustainedS }
    }

    private func timed(
        _ kind: Phase.Kind, intervalMs: Double? = nil, _ isDone: (Double, [Int]) -> Bool
    ) -> PhaseResult {
        let began = clock.nanos()
        var runs = Runs()
        var stop: Stop?
        while stop == nil && (runs.run.isEmpty || !isDone(Double(clock.nanos() - began) / 1e9, runs.run)) {
            if let intervalMs { sleep(until: began + Int(Double(runs.run.count) * intervalMs * 1e6)) }
            // What is found before a call ends the phase after it, so that the condition lies within the phase.
            stop = monitor.check()
            if stop == .tooHot && kind == .sustained { stop = nil }
            let call = session.tryCall(inputs[turn % inputs.count], clock)
            turn += 1
            guard case .ran(_, let start, let input, let run, let output) = call else {
                guard case .failed(let sentence) = call else { return PhaseResult(phase: nil) }
                return PhaseResult(phase: nil, failure: sentence)
            }
            runs.start.append(start - began)
            runs.input.append(input)
            runs.run.append(readsWithRun ? run + output : run)
            runs.output.append(output)
        }
        return PhaseResult(phase: phase(kind, intervalMs, began, runs), stop: stop)
    }

    private func sleep(until nanos: Int) {
        let left = nanos - clock.nanos()
        if left > 0 { clock.sleep(left) }
    }

    private struct Runs {
        var start: [Int] = []
        var input: [Int] = []
        var run: [Int] = []
        var output: [Int] = []
    }

    private func phase(_ kind: Phase.Kind, _ intervalMs: Double?, _ began: Int, _ runs: Runs) -> Phase {
        Phase(
            kind: kind, round: round, intervalMs: intervalMs, startedS: monitor.seconds(began), startNs: runs.start,
            inputNs: runs.input, runNs: runs.run, outputNs: readsWithRun ? nil : runs.output,
            statistics: PhaseStatistics(runs.start, runs.run))
    }
}
