// docs/phone_report.md, "Statistics", defines everything in this file.

/// `count` timings in milliseconds; p99 is nil below 500 of them.
public struct Percentiles: Codable, Equatable, Sendable {
    static let leastForP99 = 500

    public let count: Int
    public let p50Ms: Double
    public let p90Ms: Double
    public let p99Ms: Double?
    public let minMs: Double
    public let meanMs: Double

    /// Of at least one timing in ns.
    public init(_ nanos: [Int]) {
        let sorted = nanos.sorted()
        count = sorted.count
        p50Ms = percentile(sorted, 50) / nanosPerMs
        p90Ms = percentile(sorted, 90) / nanosPerMs
        p99Ms = sorted.count < Percentiles.leastForP99 ? nil : percentile(sorted, 99) / nanosPerMs
        minMs = Double(sorted[0]) / nanosPerMs
        meanMs = Double(sorted.reduce(0, +)) / Double(sorted.count) / nanosPerMs
    }
}

/// Those of a phase; `steadiness` is nil below 20 runs, `drift` below two minutes.
public struct PhaseStatistics: Codable, Equatable, Sendable {
    static let block = 10
    static let minute = 60_000_000_000

    public let percentiles: Percentiles
    public let steadiness: Double?
    public let drift: Double?

    /// Of at least one run; `startNanos` counts from the start of the phase.
    public init(_ startNanos: [Int], _ runNanos: [Int]) {
        percentiles = Percentiles(runNanos)
        steadiness = PhaseStatistics.steadiness(runNanos)
        drift = PhaseStatistics.drift(startNanos, runNanos)
    }

    /// The change of the median from the last but one to the last block of 10 runs, as a fraction of the former.
    static func steadiness(_ runNanos: [Int]) -> Double? {
        guard runNanos.count >= 2 * block else { return nil }
        let before = median(Array(runNanos.suffix(2 * block).prefix(block)))
        let last = median(Array(runNanos.suffix(block)))
        return before == 0 ? nil : (last - before).magnitude / before
    }

    private static func drift(_ startNanos: [Int], _ runNanos: [Int]) -> Double? {
        guard let end = startNanos.last, end >= 2 * minute else { return nil }
        let runs = zip(startNanos, runNanos)
        let first = runs.filter { $0.0 < minute }.map(\.1)
        guard !first.isEmpty, median(first) > 0 else { return nil }
        return median(runs.filter { $0.0 > end - minute }.map(\.1)) / median(first)
    }
}

/// Median and 90th percentile in milliseconds.
public struct Spread: Equatable, Sendable {
    public let p50Ms: Double
    public let p90Ms: Double

    /// Of at least one timing in ns.
    public init(_ nanos: [Int]) {
        let found = Percentiles(nanos)
        p50Ms = found.p50Ms
        p90Ms = found.p90Ms
    }
}

/// The runs that start within ten seconds of a phase, from `startS` on.
public struct Window: Equatable, Sendable {
    static let nanos = 10_000_000_000

    public let startS: Int
    public let count: Int
    public let p50Ms: Double

    /// The windows of a phase that have runs, in order.
    public static func of(_ startNanos: [Int], _ runNanos: [Int]) -> [Window] {
        Dictionary(grouping: startNanos.indices) { startNanos[$0] / nanos }.sorted { $0.key < $1.key }.map {
            Window(
                startS: $0.key * 10, count: $0.value.count, p50Ms: median($0.value.map { runNanos[$0] }) / nanosPerMs)
        }
    }
}

private let nanosPerMs = 1e6

private func median(_ values: [Int]) -> Double { percentile(values.sorted(), 50) }

/// Linear interpolation between the two nearest of at least one value, NumPy's default.
private func percentile(_ sorted: [Int], _ percent: Double) -> Double {
    let place = Double(sorted.count - 1) * (percent / 100)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return Double(sorted[below]) + Double(sorted[above] - sorted[below]) * (place - Double(below))
}
