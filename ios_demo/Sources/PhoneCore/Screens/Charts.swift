import Foundation

/// A place on a chart's axis, 0 to 1, with its label.
public struct Tick: Equatable, Sendable {
    public let at: Double
    public let label: String
}

/// How often runs took how long: `bars` are parts of the highest one, in equal steps of time from left to right.
public struct Histogram: Equatable, Sendable {
    public let bars: [Double]
    public let ticks: [Tick]
    public let marks: [Tick]
    public let says: String
}

/// Medians of ten seconds over time, both 0 to 1 (`points` upwards), and the heat of the device behind them.
public struct Curve: Equatable, Sendable {
    public let points: [Point]
    public let heat: [Heat]
    public let rows: [Tick]
    public let ticks: [Tick]
    public let says: String
}

public struct Point: Equatable, Sendable {
    public let x: Double
    public let y: Double
}

/// The device's state from one moment to another, 0 to 1.
public struct Heat: Equatable, Sendable {
    public let from: Double
    public let to: Double
    public let tone: Tone
}

private let bins = 36
private let tail = 0.995
private let windowS = 10.0

/// Of runs in ns. The slowest half percent is in the last bar, so that one hiccup does not flatten the rest.
func histogram(_ t: Texts, _ runNs: [Int]) -> Histogram {
    let sorted = runNs.map { Double($0) / 1e6 }.sorted()
    let least = sorted[0]
    let most = max(sorted[Int(Double(sorted.count - 1) * tail)], least * 1.02)
    var counts = [Int](repeating: 0, count: bins)
    for value in sorted {
        counts[max(0, min(bins - 1, Int((value - least) / (most - least) * Double(bins))))] += 1
    }
    let median = Percentiles(runNs).p50Ms
    let place = max(0, min(1, (median - least) / (most - least)))
    return Histogram(
        bars: counts.map { Double($0) / Double(counts.max()!) },
        ticks: [Tick(at: 0, label: t.ms(least)), Tick(at: 1, label: t.ms(most))],
        marks: [Tick(at: place, label: t("result.p50"))],
        says: t("result.histogram_says", String(runNs.count), t.ms(least), t.ms(most), t.ms(median)))
}

/// Of the sustained phase, nil where there was none; `conditions` are the report's.
func curve(_ t: Texts, _ phases: [Phase], _ conditions: [Condition]) -> Curve? {
    guard let phase = phases.first(where: { $0.kind == .sustained }) else { return nil }
    let windows = Window.of(phase.startNs, phase.runNs)
    guard windows.count >= 2 else { return nil }
    let seconds = Double(windows.last!.startS) + windowS
    let medians = windows.map(\.p50Ms)
    let step = niceStep(medians.max()! - medians.min()!)
    let low = (medians.min()! / step).rounded(.down) * step
    let high = max((medians.max()! / step).rounded(.up) * step, low + step)
    let steps = Int((high - low) / step)
    return Curve(
        points: windows.map {
            Point(x: (Double($0.startS) + windowS / 2) / seconds, y: ($0.p50Ms - low) / (high - low))
        },
        heat: heat(conditions, phase.startedS, seconds),
        rows: (0...steps).map {
            Tick(at: Double($0) / Double(steps), label: t.milliseconds(low + Double($0) * step))
        },
        ticks: [Tick(at: 0, label: t.clock(0)), Tick(at: 1, label: t.clock(seconds))],
        says: t("result.curve_says", t.ms(medians[0]), t.ms(medians.last!), t.clock(seconds)))
}

private func heat(_ conditions: [Condition], _ startedS: Double, _ seconds: Double) -> [Heat] {
    let during = conditions.filter { $0.atS >= startedS && $0.atS <= startedS + seconds }
    return during.indices.compactMap { index in
        guard let thermal = during[index].thermal, !thermal.isCool else { return nil }
        let until = index + 1 < during.count ? during[index + 1].atS : startedS + seconds
        return Heat(
            from: (during[index].atS - startedS) / seconds, to: (until - startedS) / seconds,
            tone: thermal.isTooHot ? .bad : .warning)
    }
}

/// 1, 2 or 5 times a power of ten, so that about three steps span `range`.
private func niceStep(_ range: Double) -> Double {
    let rough = max(range / 3, 1e-3)
    let power = pow(10, log10(rough).rounded(.down))
    return [1.0, 2, 5, 10].first { $0 * power >= rough }! * power
}
