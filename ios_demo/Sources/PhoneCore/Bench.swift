import Foundation

/// What a run is doing; the words are those of `status.json`.
public enum RunStep: String, Sendable {
    case `import`, replay, open, wait, warmup, burst, paced, sustained, memory, report

    /// For people.
    public var text: String {
        switch self {
        case .import: "reading the bundle"
        case .replay: "proving"
        case .open: "opening"
        case .wait: "waiting until the device is cool"
        case .warmup: "warming up"
        case .burst: "timing back to back"
        case .paced: "timing with pauses"
        case .sustained: "timing for long"
        case .memory: "reading the memory"
        case .report: "writing the report"
        }
    }
}

/// Where a run stands: a step of a configuration (nil where it is about none), and the fraction of the whole.
public struct RunProgress: Equatable, Sendable {
    public let step: RunStep
    public let configuration: String?
    public let fraction: Double

    init(_ step: RunStep, _ configuration: String?, _ fraction: Double) {
        self.step = step
        self.configuration = configuration
        self.fraction = fraction
    }
}

/// Proves and measures configurations of a bundle; docs/phone_report.md, "Plans", has the order of the steps. All of it
/// happens on the calling thread, which opens, calls and closes the runtimes' sessions. `tell` is called between the
/// steps, never while something is timed. Nothing is timed before its configuration is proven.
public final class Bench {
    private let bundle: ModelBundle
    private let runtimes: [any Runtime]
    private let platform: any Platform
    private let interruption: Interruption
    private let tell: (RunProgress) -> Void
    private let prover: Prover

    public init(
        _ bundle: ModelBundle, _ runtimes: [any Runtime], _ platform: any Platform,
        _ interruption: Interruption = Interruption(), tell: @escaping (RunProgress) -> Void = { _ in }
    ) {
        self.bundle = bundle
        self.runtimes = runtimes
        self.platform = platform
        self.interruption = interruption
        self.tell = tell
        prover = Prover(bundle, Result { try Golden(bundle) }, platform.clock)
    }

    /// Replays one configuration and times nothing.
    public func prove(_ configuration: Configuration) -> ReportedConfiguration {
        let candidate = candidate(configuration)
        prover.prove(candidate)
        return candidate.report(Circumstances(plan: .quick, device: platform.device.facts(), conditions: []))
    }

    /// A whole run. Nil where it was aborted before anything was proven.
    public func run(_ runId: String, _ plan: Plan, _ configurations: [Configuration]) -> Report? {
        let startedAt = platform.clock.now().formatted(.iso8601)
        let monitor = Monitor(platform, interruption)
        let run = Run(plan, configurations.map(candidate), monitor, prover, platform, interruption, tell)
        let reached = run.all()
        guard !reached.isEmpty else { return nil }
        let device = platform.device.facts()
        let circumstances = Circumstances(plan: plan, device: device, conditions: monitor.conditions)
        return Report(
            runId: runId, startedAt: startedAt, plan: plan, bundle: ReportedBundle(bundle), device: device,
            conditions: monitor.conditions, configs: reached.map { $0.report(circumstances) }, camera: nil)
    }

    private func candidate(_ configuration: Configuration) -> Candidate {
        Candidate(configuration, runtimes.first { $0.name == configuration.runtime }!)
    }
}
