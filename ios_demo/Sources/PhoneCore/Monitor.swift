/// Why a phase ends early.
public enum Stop: Equatable, Sendable {
    /// The whole run ends.
    case run(Abort)
    /// What is being timed is void; the run goes on.
    case tooHot
}

/// Takes the device's condition once a second, between calls, and tells when something stops the timing.
public final class Monitor {
    private static let second = 1_000_000_000

    private let platform: any Platform
    private let interruption: Interruption
    private let start: Int
    private var next: Int
    /// All conditions so far, in order.
    public private(set) var conditions: [Condition] = []

    public init(_ platform: any Platform, _ interruption: Interruption) {
        self.platform = platform
        self.interruption = interruption
        start = platform.clock.nanos()
        next = start
    }

    /// Seconds from the start of the run to a time of the clock.
    func seconds(_ nanos: Int) -> Double { Double(nanos - start) / 1e9 }

    /// The first condition of a run.
    func begin() { take() }

    /// To be called before each call of a runtime; it costs nothing but once a second.
    func check() -> Stop? {
        let abort = interruption.reason
        if abort == nil && platform.clock.nanos() < next { return nil }
        let now = take()
        if let abort { return .run(abort) }
        if now.powerSaver == true { return .run(.powerSaver) }
        return now.thermal?.isTooHot == true ? .tooHot : nil
    }

    /// Waits until the device is cool: no thermal state, and the battery at most `batteryRiseC` warmer than when the run
    /// began. What the device does not tell is taken as cool.
    func coolDown(_ plan: Plan) -> Wait {
        let began = platform.clock.nanos()
        let limit = began + Int(plan.cooldownLimitS * Double(Monitor.second))
        while true {
            let cool = isCool(take(), plan)
            let now = platform.clock.nanos()
            if cool || now >= limit || interruption.reason != nil {
                return Wait(startedS: seconds(began), waitedS: Double(now - began) / 1e9, cooled: cool)
            }
            platform.clock.sleep(min(Monitor.second, limit - now))
        }
    }

    private func isCool(_ now: Condition, _ plan: Plan) -> Bool {
        let warmer =
            if let first = conditions[0].batteryC, let battery = now.batteryC { battery - first } else { 0.0 }
        return now.thermal?.isCool ?? true && warmer <= plan.batteryRiseC
    }

    @discardableResult
    private func take() -> Condition {
        let now = platform.clock.nanos()
        next = now + Monitor.second
        let abort = interruption.reason
        let power = platform.power
        let condition = Condition(
            atS: seconds(now), thermal: platform.thermals.status(), headroom: platform.thermals.headroom(),
            batteryC: power.batteryC(), charging: power.charging(), powerSaver: power.powerSaver(),
            brightness: power.brightness(), foreground: abort != .background && abort != .screenOff)
        conditions.append(condition)
        return condition
    }
}
