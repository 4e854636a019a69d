/// The Result screen: what a run found.
public struct ResultState: Equatable, Sendable {
    public let title: String
    public let subtitle: String
    public let banner: Banner?
    public let cards: [ResultCard]
    public let conditions: [Fact]
    public let conditionsTitle: String
    public let share: Button
}

/// One configuration. `latency` is nil unless its outputs were proven before and after the timing; `counts` is false
/// where the timing does not count, so that it is drawn in grey.
public struct ResultCard: Equatable, Sendable {
    public let title: String
    public let subtitle: String
    public let chip: Chip
    public let finding: String?
    public let latency: Latency?
    public let counts: Bool
    public let facts: [Fact]
    public let histogram: Histogram?
    public let histogramTitle: String
    public let curve: Curve?
    public let curveTitle: String
}

/// The median, large, and the other numbers.
public struct Latency: Equatable, Sendable {
    public let median: String
    public let unit: String
    public let name: String
    public let others: [Fact]
}

/// What the Result screen shows of a report.
public func resultState(_ t: Texts, _ report: Report) -> ResultState {
    var void: [String] = []
    for reason in report.configs.filter({ $0.state == .void }).compactMap({ why(t, $0) }) where !void.contains(reason) {
        void.append(reason)
    }
    return ResultState(
        title: t("result.title"),
        subtitle: "\(report.bundle.model), \(t.known("plan.", report.plan.name) ?? report.plan.name)",
        banner: void.isEmpty ? nil : Banner(title: t("result.void"), lines: void, tone: .warning),
        cards: report.configs.map { card(t, $0, report) },
        conditions: conditionFacts(t, report),
        conditionsTitle: t("result.conditions"),
        share: Button(text: t("result.share")))
}

private func card(_ t: Texts, _ found: ReportedConfiguration, _ report: Report) -> ResultCard {
    let shown = found.isProven ? found.latency : nil
    let burst = found.phases.filter { $0.kind == .burst }.flatMap(\.runNs)
    let configuration = found.configuration
    let mode = modeName(t, configuration, found.facts.computePrecision)
    return ResultCard(
        title: artifactName(configuration.artifact),
        subtitle: "\(configuration.runtime) \(found.runtimeVersion), \(mode)",
        chip: stateChip(t, found.state),
        finding: found.state == .measured ? finding(t, found) : why(t, found),
        latency: shown.map { latency(t, $0) },
        counts: found.state == .measured,
        facts: shown == nil ? [] : facts(t, found),
        histogram: shown != nil && burst.count > 1 ? histogram(t, burst) : nil,
        histogramTitle: t.counted("result.histogram", burst.count),
        curve: shown == nil ? nil : curve(t, found.phases, report.conditions),
        curveTitle: t("result.curve"))
}

/// Why a configuration has no times that count, in the app's language where it is one of the reasons for void times.
private func why(_ t: Texts, _ found: ReportedConfiguration) -> String? {
    found.reason.map { t.known("void.", $0.code) ?? $0.text }
}

private func latency(_ t: Texts, _ percentiles: Percentiles) -> Latency {
    let others = [
        Fact(label: "p90", value: t.ms(percentiles.p90Ms)),
        percentiles.p99Ms.map { Fact(label: "p99", value: t.ms($0)) },
        Fact(label: t("result.min"), value: t.ms(percentiles.minMs)),
    ]
    return Latency(
        median: t.milliseconds(percentiles.p50Ms), unit: "ms", name: t("result.p50"),
        others: others.compactMap { $0 })
}

private func facts(_ t: Texts, _ found: ReportedConfiguration) -> [Fact] {
    let paced = found.phases.first { $0.kind == .paced }
    let sustained = found.phases.first { $0.kind == .sustained }
    func opened(_ load: Load, _ index: Int) -> String {
        t.ms(Double(load.openNs[index] + load.firstCallNs[index]) / 1e6)
    }
    let facts = [
        paced.map { Fact(label: t("result.paced"), value: t.ms($0.statistics.percentiles.p50Ms)) },
        sustained?.statistics.drift.map { Fact(label: t("result.drift"), value: "× \(t.number($0, 2))") },
        found.load.map { Fact(label: t("result.load_first"), value: opened($0, 0)) },
        found.load.flatMap { load in
            let last = load.openNs.count - 1
            return last > 0 ? Fact(label: t("result.load_again"), value: opened(load, last)) : nil
        },
        found.memory.map { Fact(label: t("result.memory"), value: t.bytes($0.peakBytes - $0.beforeBytes)) },
        found.facts.placement.map {
            Fact(label: t("result.placement"), value: "\($0.neuralEngine), \($0.gpu), \($0.cpu)")
        },
    ]
    return facts.compactMap { $0 }
}

private func conditionFacts(_ t: Texts, _ report: Report) -> [Fact] {
    guard let first = report.conditions.first, let last = report.conditions.last else { return [] }
    let states = report.conditions.compactMap(\.thermal)
    let hottest = Thermal.allCases.last(where: states.contains)
    let facts = [
        Fact(label: t("result.device"), value: "\(report.device.manufacturer) \(report.device.model)"),
        report.device.soc.map { Fact(label: t("result.soc"), value: $0) },
        hottest.map { Fact(label: t("result.hottest"), value: thermalName(t, $0)) },
        first.batteryC.map {
            Fact(label: t("condition.battery"), value: "\(t.number($0, 1)) – \(t.celsius(last.batteryC ?? $0))")
        },
        first.charging.map { Fact(label: t("condition.charging"), value: t($0 ? "yes" : "no")) },
    ]
    return facts.compactMap { $0 }
}
