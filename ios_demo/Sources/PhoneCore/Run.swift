/// One run, step by step; a step is left out for a configuration that is out, and all are once it is aborted.
final class Run {
    private static let replaySteps = 2
    private static let phaseSteps = 4

    private let plan: Plan
    private let candidates: [Candidate]
    private let monitor: Monitor
    private let prover: Prover
    private let platform: any Platform
    private let interruption: Interruption
    private let tell: (RunProgress) -> Void
    private let steps: Int
    private var done = 0
    private var abort: Abort?

    init(
        _ plan: Plan, _ candidates: [Candidate], _ monitor: Monitor, _ prover: Prover, _ platform: any Platform,
        _ interruption: Interruption, _ tell: @escaping (RunProgress) -> Void
    ) {
        self.plan = plan
        self.candidates = candidates
        self.monitor = monitor
        self.prover = prover
        self.platform = platform
        self.interruption = interruption
        self.tell = tell
        steps = candidates.count * (Run.replaySteps + 2 + plan.rounds * Run.phaseSteps)
    }

    /// The candidates that the run came to.
    func all() -> [Candidate] {
        monitor.begin()
        var reached: [Candidate] = []
        each(candidates, .replay, Run.replaySteps) {
            prover.prove($0)
            reached.append($0)
        }
        let timed = candidates.filter { $0.isProven && $0.facts?.software == false }
        each(timed, .open, 1, openCold)
        for round in 1...plan.rounds {
            for candidate in round % 2 == 1 ? timed : timed.reversed() { turn(candidate, round) }
        }
        each(timed, .memory, 1) { MemoryPass(prover: prover, platform: platform).run($0, inputs($0)) }
        candidates.forEach { $0.aborted = abort }
        return reached
    }

    private func each(_ candidates: [Candidate], _ step: RunStep, _ weight: Int, _ act: (Candidate) -> Void) {
        for candidate in candidates where !isOver && candidate.out == nil {
            say(step, candidate)
            act(candidate)
            done += weight
        }
    }

    private var isOver: Bool {
        abort = abort ?? interruption.reason
        return abort != nil
    }

    private func say(_ step: RunStep, _ candidate: Candidate) {
        tell(RunProgress(step, candidate.configuration.name, Double(done) / Double(steps)))
    }

    private func openCold(_ candidate: Candidate) {
        var opens: [Int] = []
        var calls: [Int] = []
        for _ in 0..<plan.coldOpens {
            let began = platform.clock.nanos()
            prover.withSession(candidate) { session in
                let opened = platform.clock.nanos()
                switch session.tryCall(inputs(candidate)[0], platform.clock) {
                case .failed(let sentence): candidate.fail("run_failed", sentence)
                case .ran(_, _, let input, let run, let output): calls.append(input + run + output)
                }
                opens.append(opened - began)
            }
            if candidate.out != nil { return }
        }
        // The replay's session was the first of this run, so it is the one that compiled.
        candidate.load = Load(
            openNs: opens, firstCallNs: calls, compileNs: candidate.facts?.compileNanos,
            firstEver: candidate.facts?.firstEver)
    }

    private func turn(_ candidate: Candidate, _ round: Int) {
        if isOver || candidate.out != nil { return }
        say(.wait, candidate)
        candidate.waits.append(monitor.coolDown(plan))
        if isOver { return }
        prover.withSession(candidate) { session in
            let phases = Phases(
                session, inputs(candidate), readsWithRun: candidate.configuration.mode.unit != "cpu", round: round,
                platform.clock, monitor)
            if timePhases(candidate, phases) { prover.replayAgain(candidate, session) }
        }
    }

    /// Whether all phases took place, or were ended by heat alone.
    private func timePhases(_ candidate: Candidate, _ phases: Phases) -> Bool {
        let kinds: [(Bool, RunStep, (Plan) -> PhaseResult)] = [
            (plan.hasWarmup, .warmup, phases.warmUp),
            (plan.hasBurst, .burst, phases.burst),
            (plan.pacedCalls > 0, .paced, phases.paced),
            (plan.sustainedS > 0, .sustained, phases.sustained),
        ]
        for (isAsked, step, time) in kinds where isAsked {
            say(step, candidate)
            let result = time(plan)
            if let phase = result.phase { candidate.phases.append(phase) }
            if let failure = result.failure { candidate.fail("run_failed", failure) }
            if case .run(let reason) = result.stop { abort = reason }
            if result.failure != nil || result.stop != nil { return result.stop == .tooHot }
            done += 1
        }
        return true
    }

    private func inputs(_ candidate: Candidate) -> [[Values]] {
        (try? prover.golden.get())?.inputs(candidate.configuration.artifact, prover.bundle.manifest) ?? []
    }
}
