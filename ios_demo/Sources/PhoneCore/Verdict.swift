/// Whether outputs are within `limits`: docs/bundle_format.md, "Verdict". `worst` has an entry for each output.
public struct Verdict: Equatable, Sendable {
    public let passed: Bool
    public let limits: Limits
    public let samples: [JudgedSample]
    public let worst: [OutputMetrics]
    /// Sorted by output and quantity.
    public let violations: [Violation]
}

/// The metrics of every output of one sample, or its faults; never both.
public struct JudgedSample: Equatable, Sendable {
    public let sample: String
    public let outputs: [OutputMetrics]
    public let faults: [Fault]
}

/// A quantity of an output that is beyond its limit on at least one sample.
public struct Violation: Equatable, Hashable, Sendable {
    public let output: Int
    public let quantity: String
}

extension Verdict {
    /// Compares the outputs for each sample with the reference's.
    public static func judge(
        _ names: [String], _ references: [[Tensor]], _ results: [[Tensor]], _ limits: Limits
    ) -> Verdict {
        let ranges = Metrics.ranges(references)
        let samples = names.indices.map { index in
            let faults = Metrics.faults(references[index], results[index])
            let outputs = faults.isEmpty ? Metrics.measure(references[index], results[index], ranges) : []
            return JudgedSample(sample: names[index], outputs: outputs, faults: faults)
        }
        let measured = samples.map(\.outputs).filter { !$0.isEmpty }
        let violations = Set(measured.joined().flatMap(limits.violations))
            .sorted { ($0.output, $0.quantity) < ($1.output, $1.quantity) }
        return Verdict(
            passed: violations.isEmpty && measured.count == samples.count,
            limits: limits,
            samples: samples,
            worst: (measured.first ?? []).indices.map { index in OutputMetrics.worst(measured.map { $0[index] }) },
            violations: violations)
    }
}

extension Limits {
    /// What one output has beyond these limits; a value that equals its limit passes.
    func violations(_ metrics: OutputMetrics) -> [Violation] {
        let broken = [
            ("max_relative_error", metrics.maxRelativeError > maxRelativeError),
            ("mean_relative_error", metrics.meanRelativeError > meanRelativeError),
            ("cosine", metrics.cosine < cosine),
            ("sqnr_db", metrics.sqnrDb < sqnrDb),
            ("top1", (metrics.top1?.displacement ?? 0) > displacement),
            ("top5", (metrics.top5?.displacement ?? 0) > displacement),
        ]
        return broken.filter(\.1).map { Violation(output: metrics.output, quantity: $0.0) }
    }
}
