/// The Measure screen: what to measure, how, and whether the phone is ready; or the run that goes on.
public struct MeasureState: Equatable, Sendable {
    public let title: String
    public let empty: Empty?
    public let banner: Banner?
    public let configurationsTitle: String
    public let configurations: [Tickable]
    public let planTitle: String
    public let plans: [Choice]
    public let planText: String
    public let conditionsTitle: String
    public let conditions: [Check]
    public let start: Button
    public let lastResult: Button?
    public let running: RunningState?
}

/// A configuration that can be ticked; where it cannot, `why` says so.
public struct Tickable: Equatable, Sendable {
    public let id: String
    public let title: String
    public let subtitle: String
    public let ticked: Bool
    public let enabled: Bool
    public let why: String?
}

/// A condition of the phone: good where it does no harm to a measurement; nil where it is unknown.
public struct Check: Equatable, Sendable {
    public let text: String
    public let value: String
    public let good: Bool?
}

/// A run that goes on.
public struct RunningState: Equatable, Sendable {
    public let title: String
    public let configuration: String
    public let step: String
    public let fraction: Double
    public let facts: [Fact]
    public let note: String
    public let abort: Button
}

/// What the user chose to measure; `ticked` nil means all that are proven.
public struct Wish: Equatable, Sendable {
    public var ticked: Set<String>?
    public var plan = "quick"
}

/// Where a run stands: a phase of a configuration, the fraction of the whole, and the seconds since its start.
public struct RunStand: Equatable, Sendable {
    public var phase: String
    public var configuration: String
    public var fraction: Double
    public var seconds: Double
    public var aborting = false
}

/// What the phone is like at this moment.
public struct Now: Equatable, Sendable {
    public let condition: Condition
    public let debugBuild: Bool
    public let emulator: Bool
}

private let warmC = 37.0

/// What the Measure screen shows.
public func measureState(
    _ t: Texts, _ app: AppState, _ wish: Wish, _ now: Now, _ stand: RunStand?, hasResult: Bool, failed: String? = nil
) -> MeasureState {
    let ticked = ticked(app, wish)
    let plan = Plan.all.first { $0.name == wish.plan }!
    return MeasureState(
        title: t("measure.title"),
        empty: stand == nil ? provenFirst(t, app) : nil,
        banner: failed.map { Banner(title: t("measure.failed"), lines: [why(t, $0)], tone: .bad) },
        configurationsTitle: t("measure.configurations"),
        configurations: configurations(t, app, ticked),
        planTitle: t("measure.plan"),
        plans: Plan.all.map { Choice(id: $0.name, text: t("plan.\($0.name)"), chosen: $0.name == wish.plan) },
        planText: t("plan.\(wish.plan)_text", minutes(t, plan, ticked.count)),
        conditionsTitle: t("measure.conditions"),
        conditions: checks(t, now),
        start: startButton(t, ticked.count),
        lastResult: hasResult ? Button(text: t("measure.last_result")) : nil,
        running: stand.map { running(t, app, $0, now) })
}

/// The names of the configurations that would be measured: ticked, and proven.
func ticked(_ app: AppState, _ wish: Wish) -> Set<String> {
    let proven = Set(app.proven.map(\.name))
    return wish.ticked?.intersection(proven) ?? proven
}

/// Why a run gave no report, in the app's language where it was ended from outside.
private func why(_ t: Texts, _ sentence: String) -> String {
    Abort.allCases.first { $0.sentence == sentence }.flatMap { t.known("abort.", $0.rawValue) } ?? sentence
}

private func configurations(_ t: Texts, _ app: AppState, _ ticked: Set<String>) -> [Tickable] {
    app.configurations.map { configuration in
        let found = app.found[configuration.name]
        let proven = found?.isProven == true
        let why = found.map { stateChip(t, $0.state).text } ?? t("state.not_proven")
        return Tickable(
            id: configuration.name, title: artifactName(configuration.artifact),
            subtitle: modeName(t, configuration), ticked: ticked.contains(configuration.name), enabled: proven,
            why: proven ? nil : why)
    }
}

private func startButton(_ t: Texts, _ count: Int) -> Button {
    count == 0
        ? Button(text: t("measure.start"), enabled: false, why: t("measure.nothing_ticked"))
        : Button(text: t.counted("measure.start_count", count))
}

/// About how long a plan takes for `count` configurations: its phases at their least, and 5 s each for opening and
/// replays.
private func minutes(_ t: Texts, _ plan: Plan, _ count: Int) -> String {
    let paced = Double(plan.pacedCalls) * plan.pacedIntervalMs / 1e3
    let once = plan.burstS + paced + plan.sustainedS + plan.warmupS + 5
    let minutes = max(once * Double(plan.rounds * max(count, 1)) / 60, 0.5)
    return t("plan.minutes", t.number(minutes, minutes < 1 ? 1 : 0))
}

func checks(_ t: Texts, _ now: Now) -> [Check] {
    let condition = now.condition
    let build = t(now.debugBuild ? "condition.debug" : "condition.release")
    let emulator = Check(text: t("condition.emulator"), value: t("condition.is_emulator"), good: false)
    return [Check(text: t("condition.build"), value: build, good: !now.debugBuild)]
        + (now.emulator ? [emulator] : [])
        + [
            Check(
                text: t("condition.thermal"), value: condition.thermal.map { thermalName(t, $0) } ?? t("unknown"),
                good: condition.thermal?.isCool),
            Check(
                text: t("condition.battery"), value: condition.batteryC.map(t.celsius) ?? t("unknown"),
                good: condition.batteryC.map { $0 <= warmC }),
            yesOrNo(t, "condition.charging", condition.charging),
            yesOrNo(t, "condition.power_saver", condition.powerSaver),
        ]
}

private func yesOrNo(_ t: Texts, _ key: String, _ value: Bool?) -> Check {
    Check(text: t(key), value: value.map { t($0 ? "yes" : "no") } ?? t("unknown"), good: value.map { !$0 })
}

func thermalName(_ t: Texts, _ thermal: Thermal) -> String { t("thermal.\(thermal.rawValue)") }

private func running(_ t: Texts, _ app: AppState, _ stand: RunStand, _ now: Now) -> RunningState {
    let configuration = app.configurations.first { $0.name == stand.configuration }
    let facts = [
        Fact(label: t("measure.elapsed"), value: t.clock(stand.seconds)),
        now.condition.thermal.map { Fact(label: t("condition.thermal"), value: thermalName(t, $0)) },
        now.condition.batteryC.map { Fact(label: t("condition.battery"), value: t.celsius($0)) },
    ]
    return RunningState(
        title: t("measure.running"),
        configuration: configuration.map { fullName(t, $0) } ?? "",
        step: t.known("phase.", stand.phase) ?? stand.phase,
        fraction: stand.fraction,
        facts: facts.compactMap { $0 },
        note: t("measure.keep_open"),
        abort: Button(text: t(stand.aborting ? "measure.aborting" : "measure.abort"), enabled: !stand.aborting))
}
