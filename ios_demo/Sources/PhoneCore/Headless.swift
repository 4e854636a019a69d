import Foundation

/// Where a run stands, as `status.json` has it; docs/phone_report.md, "A run from the laptop", explains the fields.
public struct Status: Equatable, Sendable {
    public enum State: String, Sendable { case running, done, failed }

    static let version = "1.0"

    public let runId: String
    public let state: State
    public let progress: RunProgress
    public let atS: Double
    public let text: String
    public let code: String?
}

extension Status: Reportable {
    var json: Json {
        .object([
            "format_version": Status.version.json, "run_id": runId.json, "state": state.rawValue.json,
            "step": progress.step.rawValue.json, "config": progress.configuration.json,
            "fraction": progress.fraction.json, "at_s": atS.json, "text": text.json, "code": code.json,
        ])
    }
}

/// The end of a run without a report; `code` is the status's.
private struct RunFailure: Error {
    let code: String
    let sentence: String
}

/// A run that a laptop started: arguments in, `status.json` meanwhile, `report.json` at the end.
public final class Headless {
    private let runtimes: [any Runtime]
    private let platform: any Platform
    private let interruption: Interruption
    private let `import`: (String) throws -> ModelBundle
    private let told: @Sendable (String) -> Void

    /// `import` makes a bundle of the path that the arguments name; `told` gets each status as a line of JSON.
    public init(
        _ runtimes: [any Runtime], _ platform: any Platform, _ interruption: Interruption,
        import: @escaping (String) throws -> ModelBundle, told: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.runtimes = runtimes
        self.platform = platform
        self.interruption = interruption
        self.import = `import`
        self.told = told
    }

    /// `--run UUID --bundle PATH --plan quick` as keys and values; throws `ArgumentError`.
    public static func arguments(_ words: [String]) throws -> [String: String] {
        var arguments: [String: String] = [:]
        for index in stride(from: 0, to: words.count, by: 2) {
            guard words[index].hasPrefix("--"), index + 1 < words.count else {
                throw ArgumentError("after '\(words[index])' there is no value; give --key value")
            }
            arguments[words[index].dropFirst(2).replacingOccurrences(of: "-", with: "_")] = words[index + 1]
        }
        return arguments
    }

    /// The run that launch arguments describe, from `--run` on. Where they describe none, `told` gets the reason.
    public func run(words: [String]) -> Bool {
        do {
            return try run(try Headless.arguments(words))
        } catch {
            told("\(error)")
            return false
        }
    }

    /// Does the whole run on the calling thread, and returns whether there is a report. Keys of `arguments`: `run`,
    /// `bundle`, `plan`, `configs`, and the fields of a plan, such as `burst_calls`. Throws `ArgumentError` without a
    /// `run`, since there is no place for a status then.
    public func run(_ arguments: [String: String]) throws -> Bool {
        guard let run = arguments["run"], Headless.isUuid(run) else {
            throw ArgumentError("run: give a UUID in lower case")
        }
        let status = StatusWriter(run, platform.clock, platform.reports, told)
        try? status.write(.running)
        let heartbeat = status.heartbeat()
        do {
            try measure(run, arguments, status)
            heartbeat.cancel()
            try? status.write(.done)
            return true
        } catch {
            heartbeat.cancel()
            let failure = failure(error)
            try? status.write(.failed, failure.sentence, failure.code)
            return false
        }
    }

    private static func isUuid(_ text: String) -> Bool {
        UUID(uuidString: text) != nil && text == text.lowercased()
    }

    private func measure(_ run: String, _ arguments: [String: String], _ status: StatusWriter) throws {
        let known = Plan.fields.union(["run", "bundle", "plan", "configs"])
        if let unknown = Set(arguments.keys).subtracting(known).min() {
            throw ArgumentError("there is no argument \(unknown)")
        }
        let plan = try Headless.plan(arguments)
        guard let path = arguments["bundle"] else { throw ArgumentError("bundle: give the path of a bundle") }
        let bundle = try self.import(path)
        let configurations = try chosen(arguments["configs"], bundle.manifest)
        let bench = Bench(bundle, runtimes, platform, interruption) { try? status.go($0) }
        guard let report = bench.run(run, plan, configurations) else {
            throw RunFailure(code: "aborted", sentence: interruption.reason?.sentence ?? "the run was ended")
        }
        try status.go(RunProgress(.report, nil, 1))
        try platform.reports.write(run: run, name: "report.json", text: report.toJson())
    }

    /// One of the three by name, with the fields that the arguments change.
    static func plan(_ arguments: [String: String]) throws -> Plan {
        let name = arguments["plan"] ?? "quick"
        guard let plan = Plan.all.first(where: { $0.name == name }) else {
            let known = Plan.all.map(\.name).joined(separator: ", ")
            throw ArgumentError("there is no plan '\(name)'; there are \(known)")
        }
        return try arguments.filter { Plan.fields.contains($0.key) }.sorted { $0.key < $1.key }
            .reduce(plan) { try $0.with($1.key, $1.value) }
    }

    private func chosen(_ names: String?, _ manifest: Manifest) throws -> [Configuration] {
        guard let names else {
            let all = configurations(manifest, runtimes)
            guard !all.isEmpty else {
                let sentence = "this app has no runtime for any artifact of the bundle"
                throw RunFailure(code: "unknown_config", sentence: sentence)
            }
            return all
        }
        var found: [Configuration] = []
        for name in names.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            guard let one = configuration(name, manifest, runtimes) else {
                throw RunFailure(code: "unknown_config", sentence: "this app cannot run '\(name)' of this bundle")
            }
            if !found.contains(one) { found.append(one) }
        }
        return found
    }

    private func failure(_ error: any Error) -> RunFailure {
        switch error {
        case let failure as RunFailure: failure
        case let error as ArgumentError: RunFailure(code: "bad_arguments", sentence: error.description)
        case let error as RefusedBundle: RunFailure(code: "bundle_refused", sentence: error.description)
        case let error as ZipError: RunFailure(code: "bundle_refused", sentence: error.description)
        case let error as CocoaError where error.code == .fileWriteOutOfSpace:
            RunFailure(code: "storage_full", sentence: "there is no room left: \(said(error))")
        default: RunFailure(code: "internal_error", sentence: said(error))
        }
    }
}

/// Writes the status from the run's thread and, while nothing changes, from a timer's: the laptop takes a status that
/// stays the same for long as the end of the app.
private final class StatusWriter: @unchecked Sendable {
    private static let heartbeatMs = 1500

    private let run: String
    private let clock: any Clock
    private let reports: any Reports
    private let told: @Sendable (String) -> Void
    private let start: Int
    private let lock = NSLock()
    private var progress = RunProgress(.import, nil, 0)
    private var isOver = false

    init(
        _ run: String, _ clock: any Clock, _ reports: any Reports, _ told: @escaping @Sendable (String) -> Void
    ) {
        self.run = run
        self.clock = clock
        self.reports = reports
        self.told = told
        start = clock.nanos()
    }

    func heartbeat() -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource()
        let every = DispatchTimeInterval.milliseconds(StatusWriter.heartbeatMs)
        timer.schedule(deadline: .now() + every, repeating: every)
        timer.setEventHandler { [self] in try? write(.running) }
        timer.resume()
        return timer
    }

    func go(_ now: RunProgress) throws {
        lock.withLock { progress = now }
        try write(.running)
    }

    func write(_ state: Status.State, _ failure: String? = nil, _ code: String? = nil) throws {
        try lock.withLock {
            if isOver { return }
            isOver = state != .running
            let doing = [progress.configuration, progress.step.text].compactMap { $0 }.joined(separator: ": ")
            let text = failure ?? (state == .done ? "the report is there" : doing)
            let status = Status(
                runId: run, state: state, progress: progress, atS: Double(clock.nanos() - start) / 1e9, text: text,
                code: code)
            let line = status.json.line()
            told(line)
            try reports.write(run: run, name: "status.json", text: line + "\n")
        }
    }
}
