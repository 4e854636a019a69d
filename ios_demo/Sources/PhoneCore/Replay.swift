/// Proves configurations of a bundle by its golden samples; docs/phone_report.md, "replay", has the steps.
struct Prover {
    let bundle: ModelBundle
    let golden: Result<Golden, any Error>
    let clock: any Clock

    init(_ bundle: ModelBundle, _ golden: Result<Golden, any Error>, _ clock: any Clock) {
        self.bundle = bundle
        self.golden = golden
        self.clock = clock
    }

    /// Replays a configuration in a session of its own, and puts what it found into `candidate`.
    func prove(_ candidate: Candidate) {
        let artifact = candidate.configuration.artifact
        if let problem = bundle.check(Listed(stored: artifact.stored, isFolder: artifact.isFolder)) {
            return candidate.fail("changed_file", problem.description)
        }
        do {
            let golden = try golden.get()
            withSession(candidate) { replay(candidate, $0, golden) }
        } catch let changed as ChangedFile {
            candidate.fail("changed_file", changed.problem.description)
        } catch {
            candidate.fail("wrong_preprocessing", "a golden picture cannot be read: \(said(error))")
        }
    }

    /// Opens, and closes at the end; a configuration that does not open is out.
    func withSession(_ candidate: Candidate, _ use: (any Session) -> Void) {
        let configuration = candidate.configuration
        switch candidate.runtime.tryOpen(bundle.path(of: configuration.artifact.stored), configuration) {
        case .refused(let sentence) where candidate.replay == nil: candidate.refuse("not_accelerated", sentence)
        // What was replayed once is taken there; then it is a failure.
        case .refused(let sentence), .failed(let sentence): candidate.fail("open_failed", sentence)
        case .opened(let session):
            use(session)
            session.close()
        }
    }

    private func replay(_ candidate: Candidate, _ session: any Session, _ golden: Golden) {
        candidate.facts = session.facts
        let (artifact, precision) = (candidate.configuration.artifact, session.facts.computePrecision)
        guard let limits = artifact.limits(candidate.configuration.mode.unit, precision) else {
            return candidate.refuse("no_such_unit", "the bundle has no limits for \(precision) on this unit")
        }
        let inputs = golden.inputs(artifact, bundle.manifest)
        guard let forwards = outputs(candidate, session, inputs),
            let backwards = outputs(candidate, session, inputs.reversed())
        else { return }
        let verdict = golden.judge(forwards, limits)
        candidate.replay = Replay(
            preprocessing: golden.differing, verdict: verdict, repeatable: forwards == backwards.reversed(),
            outputs: zip(golden.samples, forwards).map { sample, found in
                SampleOutputs(sample: sample.name, outputs: found.map { RawOutput($0, whole: golden.areKept) })
            },
            again: nil)
        if !verdict.passed {
            candidate.fail("wrong_result", verdict.reasons[0])
        } else if let different = golden.differing.first(where: { $0.differing > 0 }) {
            let values = "\(different.differing) values of the preprocessed \(different.sample)"
            candidate.fail("wrong_preprocessing", "\(values) are not the golden ones")
        }
    }

    /// One more round, after the timing and in the session that was timed; a failure is never taken back.
    func replayAgain(_ candidate: Candidate, _ session: any Session) {
        guard let golden = try? golden.get(), let replay = candidate.replay,
            let found = outputs(
                candidate, session, golden.inputs(candidate.configuration.artifact, bundle.manifest))
        else { return }
        candidate.replay?.again = golden.judge(found, replay.verdict.limits).passed && replay.again != false
    }

    private func outputs(_ candidate: Candidate, _ session: any Session, _ inputs: [[Values]]) -> [[Values]]? {
        var found: [[Values]] = []
        for input in inputs {
            switch session.tryCall(input, clock) {
            case .ran(let outputs, _, _, _, _):
                found.append(candidate.configuration.artifact.networkOutputs(outputs, bundle.manifest))
            case .failed(let sentence):
                candidate.fail("run_failed", sentence)
                return nil
            }
        }
        return found
    }
}

extension Golden {
    /// The verdict on what was given for each sample.
    func judge(_ results: [[Values]], _ limits: Limits) -> Verdict {
        Verdict.judge(samples.map(\.name), samples.map(\.outputs), results, limits)
    }
}

extension Artifact {
    /// The limits of the row for a unit and the arithmetic that takes place; nil where there is none. Where Core ML
    /// chooses the unit, `all`, the row of the unit that computes least exactly counts.
    func limits(_ unit: String, _ computePrecision: String) -> Limits? {
        let units = unit == "all" ? ["neural_engine", "gpu", "cpu"] : [unit]
        let rows = units.lazy.compactMap { unit in
            proofs.first { $0.unit == unit && $0.computePrecision == computePrecision }
        }
        return rows.first?.limits
    }
}
