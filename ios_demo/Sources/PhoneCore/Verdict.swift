import Foundation

/// Whether outputs are within `limits`: docs/bundle_format.md, "Verdict". `worst` has an entry for each output.
public struct Verdict: Codable, Equatable, Sendable {
    public let passed: Bool
    public let limits: Limits
    public let samples: [JudgedSample]
    public let worst: [OutputMetrics]
    /// Sorted by output and quantity.
    public let violations: [Violation]
}

/// The metrics of every output of one sample, or its faults; never both.
public struct JudgedSample: Codable, Equatable, Sendable {
    public let sample: String
    public let outputs: [OutputMetrics]
    public let faults: [Fault]
}

/// A quantity of an output that is beyond its limit on at least one sample.
public struct Violation: Codable, Equatable, Hashable, Sendable {
    public let output: Int
    public let quantity: String
}

extension Verdict {
    /// Compares the outputs for each sample with the reference's.
    public static func judge(
        _ names: [String], _ references: [[Values]], _ results: [[Values]], _ limits: Limits
    ) -> Verdict {
        let ranges = Metrics.ranges(references)
        let samples = names.indices.map { index in
            let faults = Metrics.faults(references[index], results[index])
            let outputs = faults.isEmpty ? Metrics.measure(references[index], results[index], ranges) : []
            return JudgedSample(sample: names[index], outputs: outputs, faults: faults)
        }
        let measured = samples.map(\.outputs).filter { !$0.isEmpty }
        let broken = measured.joined().flatMap { metrics in
            limits.beyond(metrics).keys.map { Violation(output: metrics.output, quantity: $0) }
        }
        let violations = Set(broken)
            .sorted { ($0.output, $0.quantity) < ($1.output, $1.quantity) }
        return Verdict(
            passed: violations.isEmpty && measured.count == samples.count,
            limits: limits,
            samples: samples,
            worst: (measured.first ?? []).indices.map { index in OutputMetrics.worst(measured.map { $0[index] }) },
            violations: violations)
    }
}

extension Verdict {
    /// Why it failed, the faults first.
    public var reasons: [String] {
        samples.flatMap { sample in sample.faults.map { "\(sample.sample): \($0.sentence)" } }
            + violations.map(sentence)
    }

    private func sentence(_ violation: Violation) -> String {
        let found = samples.compactMap { sample -> String? in
            let output = sample.outputs.first { $0.output == violation.output }
            return output.flatMap { limits.beyond($0)[violation.quantity] }.map { "\($0) on \(sample.sample)" }
        }
        let others = found.count > 1 ? " and beyond it on \(found.count - 1) more" : ""
        return "output \(violation.output): \(found[0])\(others)"
    }
}

extension Limits {
    /// What one output has beyond these limits, by quantity, in words; a value that equals its limit passes.
    func beyond(_ metrics: OutputMetrics) -> [String: String] {
        var found: [String: String] = [:]
        let errors = [
            ("max_relative_error", metrics.maxRelativeError, maxRelativeError),
            ("mean_relative_error", metrics.meanRelativeError, meanRelativeError),
        ]
        for (name, value, limit) in errors where value > limit {
            found[name] = "\(name) \(scientific(value, 3)) is over \(scientific(limit, 2))"
        }
        if metrics.cosine < cosine { found["cosine"] = "cosine \(fixed(metrics.cosine, 7)) is under \(cosine)" }
        if metrics.sqnrDb < sqnrDb { found["sqnr_db"] = "SQNR \(fixed(metrics.sqnrDb, 1)) dB is under \(sqnrDb) dB" }
        for (name, agreement) in [("top1", metrics.top1), ("top5", metrics.top5)] {
            guard let agreement, agreement.displacement > displacement else { continue }
            let change = scientific(agreement.displacement, 3)
            found[name] = "\(name) differs by \(change) of the range, over \(scientific(displacement, 2))"
        }
        return found
    }
}

/// Such as 3.10e-02, with `digits` that count.
func scientific(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits - 1)e", value) }

/// With `decimals` digits after the point, in every language.
func fixed(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }
