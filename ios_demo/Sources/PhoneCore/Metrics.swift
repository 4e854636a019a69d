#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

// docs/bundle_format.md, "Faults" and "Metrics", defines everything in this file.

/// Whether the k best classes are the reference's; `margin` and `displacement` are fractions of the range.
public struct Agreement: Codable, Equatable, Sendable {
    public let agrees: Bool
    public let margin: Double
    public let displacement: Double

    static func worst(_ several: [Agreement]) -> Agreement? {
        guard let first = several.first else { return nil }
        return several.dropFirst().reduce(first) { worst, one in
            Agreement(
                agrees: worst.agrees && one.agrees, margin: min(worst.margin, one.margin),
                displacement: max(worst.displacement, one.displacement))
        }
    }
}

/// The difference of one output from the reference; `output` is its index.
public struct OutputMetrics: Codable, Equatable, Sendable {
    public let output: Int
    public let range: Double
    public let maxAbsError: Double
    public let meanAbsError: Double
    public let maxRelativeError: Double
    public let meanRelativeError: Double
    public let cosine: Double
    public let sqnrDb: Double
    public let top1: Agreement?
    public let top5: Agreement?

    /// The least favourable of each number over the samples of one output.
    static func worst(_ several: [OutputMetrics]) -> OutputMetrics {
        func least(_ value: (OutputMetrics) -> Double) -> Double { several.map(value).min()! }
        func most(_ value: (OutputMetrics) -> Double) -> Double { several.map(value).max()! }
        return OutputMetrics(
            output: several[0].output,
            range: least(\.range),
            maxAbsError: most(\.maxAbsError),
            meanAbsError: most(\.meanAbsError),
            maxRelativeError: most(\.maxRelativeError),
            meanRelativeError: most(\.meanRelativeError),
            cosine: least(\.cosine),
            sqnrDb: least(\.sqnrDb),
            top1: Agreement.worst(several.compactMap(\.top1)),
            top5: Agreement.worst(several.compactMap(\.top5)))
    }
}

/// Why the numbers of an output would mean nothing; `output` is nil for a wrong count of outputs. `sentence` is for
/// people.
public struct Fault: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable {
        case outputCount = "output_count"
        case shape, dtype
        case referenceNotFinite = "reference_not_finite"
        case notFinite = "not_finite"
    }

    public let output: Int?
    public let kind: Kind
    public let sentence: String
}

public enum Metrics {
    static let sqnrCapDb = 200.0

    /// The range of each output over all samples; values that are not finite do not count.
    public static func ranges(_ references: [[Values]]) -> [Double] {
        references[0].indices.map { index in range(references.flatMap { $0[index].doubles }) }
    }

    /// A fault of a wrong count of outputs, else one for each output that has some.
    public static func faults(_ reference: [Values], _ result: [Values]) -> [Fault] {
        guard reference.count == result.count else {
            let sentence = "\(result.count) outputs where the reference has \(reference.count)"
            return [Fault(output: nil, kind: .outputCount, sentence: sentence)]
        }
        return reference.indices.compactMap { fault($0, reference[$0], result[$0]) }
    }

    /// The metrics of every output of a sample that has no fault.
    public static func measure(_ reference: [Values], _ result: [Values], _ ranges: [Double]) -> [OutputMetrics] {
        reference.indices.map { measure($0, reference[$0], result[$0], ranges[$0]) }
    }

    private static func fault(_ index: Int, _ reference: Values, _ result: Values) -> Fault? {
        if result.shape != reference.shape {
            let shapes = "\(tuple(result.shape)) where the reference has \(tuple(reference.shape))"
            return Fault(output: index, kind: .shape, sentence: "output \(index) has shape \(shapes)")
        }
        if result.dtype != reference.dtype {
            let dtypes = "\(result.dtype.rawValue) where the reference is \(reference.dtype.rawValue)"
            return Fault(output: index, kind: .dtype, sentence: "output \(index) is \(dtypes)")
        }
        return notFinite(index, "the reference's output", .referenceNotFinite, reference)
            ?? notFinite(index, "output", .notFinite, result)
    }

    private static func notFinite(_ index: Int, _ name: String, _ kind: Fault.Kind, _ values: Values) -> Fault? {
        let broken = values.doubles.count { !$0.isFinite }
        guard broken > 0 else { return nil }
        let sentence = "\(name) \(index) has \(broken) NaN or infinite values of \(values.count)"
        return Fault(output: index, kind: kind, sentence: sentence)
    }

    /// A shape as the toolkit's sentences have it: (1, 1000), and (1000,).
    private static func tuple(_ shape: [Int]) -> String {
        shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map(String.init).joined(separator: ", ") + ")"
    }

    private static func range(_ values: [Double]) -> Double {
        let finite = values.filter(\.isFinite)
        guard let least = finite.min(), let most = finite.max() else { return 1 }
        let largest = max(least.magnitude, most.magnitude)
        return most > least ? most - least : largest > 0 ? largest : 1
    }

    private static func measure(_ index: Int, _ reference: Values, _ result: Values, _ range: Double) -> OutputMetrics {
        let (r, y) = (reference.doubles, result.doubles)
        let errors = zip(r, y).map { ($1 - $0).magnitude }
        let (largest, mean) = (errors.max()!, errors.reduce(0, +) / Double(errors.count))
        return OutputMetrics(
            output: index,
            range: range,
            maxAbsError: largest,
            meanAbsError: mean,
            maxRelativeError: largest / range,
            meanRelativeError: mean / range,
            cosine: cosine(r, y),
            sqnrDb: sqnrDb(r, errors),
            top1: agreement(reference.shape, r, y, 1, range),
            top5: agreement(reference.shape, r, y, 5, range))
    }

    private static func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    private static func cosine(_ r: [Double], _ y: [Double]) -> Double {
        let norms = product(r, r).squareRoot() * product(y, y).squareRoot()
        if norms == 0 { return r == y ? 1 : 0 }
        return min(1, product(r, y) / norms)
    }

    private static func sqnrDb(_ r: [Double], _ errors: [Double]) -> Double {
        let (signal, noise) = (product(r, r), product(errors, errors))
        if noise == 0 { return sqnrCapDb }
        if signal == 0 { return -sqnrCapDb }
        return max(-sqnrCapDb, min(sqnrCapDb, 10 * log10(signal / noise)))
    }

    private static func agreement(_ shape: [Int], _ r: [Double], _ y: [Double], _ k: Int, _ range: Double) -> Agreement?
    {
        guard shape.count == 2, shape[1] > k else { return nil }
        let rows = (0..<shape[0]).map { row in
            let span = row * shape[1]..<(row + 1) * shape[1]
            return agreement(Array(r[span]), Array(y[span]), k, range)
        }
        return Agreement.worst(rows)
    }

    private static func agreement(_ r: [Double], _ y: [Double], _ k: Int, _ range: Double) -> Agreement {
        let best = descending(r)
        let (expected, found) = (Set(best.prefix(k)), Set(descending(y).prefix(k)))
        let (lost, gained) = (expected.subtracting(found), found.subtracting(expected))
        let displacement = lost.isEmpty ? 0 : lost.map { r[$0] }.max()! - gained.map { r[$0] }.min()!
        let margin = r[best[k - 1]] - r[best[k]]
        return Agreement(agrees: lost.isEmpty, margin: margin / range, displacement: displacement / range)
    }
}

/// Indices by falling value; of equal values the lower index first.
func descending(_ values: [Double]) -> [Int] {
    values.indices.sorted { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 }
}
