/// Memory before a session is opened, after it, and the most during some calls; nothing is timed.
struct MemoryPass {
    private static let calls = 10

    let prover: Prover
    let platform: any Platform

    /// Puts what it found into `candidate`.
    func run(_ candidate: Candidate, _ inputs: [[Values]]) {
        let before = platform.memory.read()
        prover.withSession(candidate) { session in
            let opened = platform.memory.read()
            var peak = opened
            for call in 0..<MemoryPass.calls {
                _ = session.tryCall(inputs[call % inputs.count], platform.clock)
                let now = platform.memory.read()
                if now.bytes > peak.bytes { peak = now }
            }
            candidate.memory = MemoryUse(
                kind: peak.kind, beforeBytes: before.bytes, openedBytes: opened.bytes, peakBytes: peak.bytes,
                anonBytes: peak.anonBytes, fileBytes: peak.fileBytes)
        }
    }
}
