import Foundation

/// What a run does; docs/phone_report.md has the steps and every field. Of a pair such as `burstCalls` and `burstS` both
/// must be reached. A phase with 0 calls, or of 0 seconds, is left out.
public struct Plan: Codable, Equatable, Sendable {
    public var name: String
    public var rounds: Int
    public var coldOpens = 3
    public var warmupCalls = 10
    public var warmupS = 1.0
    public var warmupLimitS = 10.0
    public var burstCalls: Int
    public var burstS: Double
    public var pacedCalls: Int
    public var pacedIntervalMs = 100.0
    public var sustainedS = 0.0
    public var cooldownLimitS: Double
    public var batteryRiseC = 1.0

    public static let quick = Plan(
        name: "quick", rounds: 1, burstCalls: 100, burstS: 3, pacedCalls: 50, cooldownLimitS: 60)
    public static let standard = Plan(
        name: "standard", rounds: 2, burstCalls: 1024, burstS: 10, pacedCalls: 100, cooldownLimitS: 300)
    public static let sustained = Plan(
        name: "sustained", rounds: 1, burstCalls: 1024, burstS: 10, pacedCalls: 100, sustainedS: 600,
        cooldownLimitS: 300)

    /// The plans that every app has.
    public static let all = [quick, standard, sustained]

    /// With one field changed, as an argument of a headless run says; its name is then "custom". Throws `ArgumentError`.
    public func with(_ field: String, _ text: String) throws -> Plan {
        var plan = self
        plan.name = "custom"
        if let path = Plan.counts[field] {
            let least = field == "rounds" || field == "cold_opens" ? 1 : 0
            guard let number = Int(text), number >= least else {
                throw ArgumentError("\(field) is '\(text)'; give a whole number of at least \(least)")
            }
            plan[keyPath: path] = number
        } else if let path = Plan.numbers[field] {
            guard let number = Double(text), number >= 0, number.isFinite else {
                throw ArgumentError("\(field) is '\(text)'; give a number of at least 0")
            }
            plan[keyPath: path] = number
        } else {
            throw ArgumentError("a plan has no '\(field)'; it has \(Plan.fields.sorted().joined(separator: ", "))")
        }
        return plan
    }

    /// The fields that an argument may change.
    static var fields: Set<String> { Set(counts.keys).union(numbers.keys) }

    private static var counts: [String: WritableKeyPath<Plan, Int>] {
        [
            "rounds": \.rounds, "cold_opens": \.coldOpens, "warmup_calls": \.warmupCalls,
            "burst_calls": \.burstCalls, "paced_calls": \.pacedCalls,
        ]
    }

    private static var numbers: [String: WritableKeyPath<Plan, Double>] {
        [
            "warmup_s": \.warmupS, "warmup_limit_s": \.warmupLimitS, "burst_s": \.burstS,
            "paced_interval_ms": \.pacedIntervalMs, "sustained_s": \.sustainedS,
            "cooldown_limit_s": \.cooldownLimitS, "battery_rise_c": \.batteryRiseC,
        ]
    }
}

/// An argument that cannot be used; the sentence says what to give.
public struct ArgumentError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
