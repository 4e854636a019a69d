import Foundation

/// Where work happens. `runner` is the thread of the sessions, `files` any other, `main` that of the screens; each does
/// its work in the order in which it was given.
public struct Threads: Sendable {
    public typealias Work = @Sendable () -> Void
    let main: @Sendable (@escaping @MainActor @Sendable () -> Void) -> Void
    let runner: @Sendable (@escaping Work) -> Void
    let files: @Sendable (@escaping Work) -> Void

    public init(
        main: @escaping @Sendable (@escaping @MainActor @Sendable () -> Void) -> Void,
        runner: @escaping @Sendable (@escaping Work) -> Void, files: @escaping @Sendable (@escaping Work) -> Void
    ) {
        self.main = main
        self.runner = runner
        self.files = files
    }
}

/// What the screens show and do, without a screen: it outlives them. What was proven is remembered by `storage`.
@MainActor
public final class AppModel {
    public private(set) var app = AppState()
    public private(set) var trying = Trying()
    public private(set) var filming = Filming()
    public private(set) var wish = Wish()
    public private(set) var run: RunStand?
    public private(set) var report: Report?
    public private(set) var measureFailed: String?

    /// Told after each change.
    public var changed: () -> Void = {}

    private let platform: any Platform
    private let runtimes: [any Runtime]
    private let folder: String
    private let storage: Storage
    private let threads: Threads
    private let frames = OneAtATime()
    private var live: LiveRun?
    private var interruption = Interruption()
    private var runBegan = 0
    private var lastPhoto: (@Sendable () throws -> Picture)?

    /// Bundles are in `folder`; the one that was open is shown.
    public init(
        _ platform: any Platform, _ runtimes: [any Runtime], _ folder: String, _ storage: Storage, _ threads: Threads
    ) {
        self.platform = platform
        self.runtimes = runtimes
        self.folder = folder
        self.storage = storage
        self.threads = threads
        threads.files { [threads] in
            let last = storage.report
            threads.main {
                self.report = self.report ?? last
                self.changed()
            }
        }
        Import.clean(folder)
        let current = storage.current
        if let bundle = Import.bundles(in: folder).first(where: { $0.sha256 == current }) { show(bundle) }
    }

    /// Whether something holds the runner's thread that a new task would have to wait for.
    public var isBusy: Bool { app.importing != nil || app.proving != nil || run != nil || trying.busy }

    /// Imports a bundle that is `named` so; `import` is called on another thread with the folder.
    public func importBundle(_ named: String, _ import: @escaping @Sendable (String) throws -> ModelBundle) {
        if isBusy { return }
        app.importing = Importing(name: named, fraction: nil)
        app.refused = nil
        changed()
        threads.files { [threads, folder] in
            let done = Result { try `import`(folder) }
            threads.main { self.imported(named, done) }
        }
    }

    private func imported(_ named: String, _ done: Result<ModelBundle, any Error>) {
        app.importing = nil
        switch done {
        case .failure(let error):
            let problems = (error as? RefusedBundle)?.problems.map(\.description) ?? [said(error)]
            app.refused = Refused(name: named, problems: problems)
            changed()
        case .success(let bundle):
            if let old = app.bundle, old.sha256 != bundle.sha256 {
                try? FileManager.default.removeItem(atPath: old.path)
            }
            storage.current = bundle.sha256
            show(bundle)
        }
    }

    private func show(_ bundle: ModelBundle) {
        closeLive()
        trying = Trying()
        wish = Wish()
        let runsHere = bundle.manifest.takesOnePicture && bundle.manifest.task == classification
        let rows = runsHere ? PhoneCore.configurations(bundle.manifest, runtimes) : []
        app = AppState(bundle: bundle, configurations: rows, found: storage.found(bundle.sha256, stamp, rows))
        changed()
    }

    /// What a proof on this phone depends on, beside the bundle.
    private var stamp: String {
        let facts = platform.device.facts()
        return ([facts.osBuild ?? "", facts.app.version] + runtimes.map { "\($0.name) \($0.version)" })
            .joined(separator: ", ")
    }

    private func keep(_ bundle: ModelBundle) {
        let (stamp, found) = (stamp, app.found)
        threads.files { [storage] in storage.keep(bundle.sha256, stamp, found) }
    }

    /// Replays every configuration of the bundle.
    public func prove() {
        guard let bundle = app.bundle, let first = app.configurations.first, !isBusy else { return }
        closeLive()
        let rows = app.configurations
        app.found = [:]
        app.proving = Proving(name: first.name, done: 0, count: rows.count)
        changed()
        threads.runner { [threads, runtimes, platform] in
            let bench = Bench(bundle, runtimes, platform)
            for (index, configuration) in rows.enumerated() {
                threads.main { self.proving(Proving(name: configuration.name, done: index, count: rows.count)) }
                let found = bench.prove(configuration)
                threads.main { self.app.found[configuration.name] = found }
            }
            threads.main {
                self.keep(bundle)
                self.proving(nil)
            }
        }
    }

    private func proving(_ now: Proving?) {
        app.proving = now
        changed()
    }

    /// Runs the picture of the golden sample `name`.
    public func trySample(_ name: String) {
        guard let bundle = app.bundle,
            let picture = bundle.manifest.golden.first(where: { $0.name == name })?.inputs[0].picture
        else { return }
        let path = bundle.path(of: picture.stored)
        tryPicture(Chosen(name: name, isPhoto: false, isJpeg: false)) { try Png.decode(try Files.bytes(path)) }
    }

    /// Runs the photo that `decode` gives, upright; it is called on another thread.
    public func tryPhoto(isJpeg: Bool, _ decode: @escaping @Sendable () throws -> Picture) {
        lastPhoto = decode
        tryPicture(Chosen(name: "", isPhoto: true, isJpeg: isJpeg), decode)
    }

    /// Runs the last picture again as another configuration.
    public func runAs(_ configuration: String) {
        trying.configuration = configuration
        changed()
        guard let chosen = trying.chosen else { return }
        if !chosen.isPhoto { return trySample(chosen.name) }
        if let lastPhoto { tryPicture(chosen, lastPhoto) }
    }

    private func tryPicture(_ chosen: Chosen, _ decode: @escaping @Sendable () throws -> Picture) {
        guard let live = liveRun(), let configuration = chosenConfiguration(app, trying.configuration), !isBusy else {
            return
        }
        trying.chosen = chosen
        trying.busy = true
        trying.failed = nil
        changed()
        threads.runner { [threads, clock = platform.clock] in
            let done = Result {
                let start = clock.nanos()
                let picture = try decode()
                let decoded = clock.nanos() - start
                let found = try live.run(configuration, picture)
                return Tried(
                    chosen: chosen, configuration: configuration.name, seen: found.seen, guesses: found.guesses,
                    decodeNanos: decoded, preprocessNanos: found.preprocessNanos, runNanos: found.runNanos)
            }
            threads.main { self.tried(done) }
        }
    }

    private func tried(_ done: Result<Tried, any Error>) {
        trying.busy = false
        switch done {
        case .success(let tried): trying.tried = tried
        case .failure(let error):
            trying.tried = nil
            trying.failed = said(error)
        }
        changed()
    }

    /// Changes what is known of the camera.
    public func film(_ change: (inout Filming) -> Void) {
        change(&filming)
        changed()
    }

    /// Runs a frame of the camera, called on the camera's thread; `decode` makes the upright picture. A frame that comes
    /// while another is at work is dropped.
    public nonisolated func frame(_ decode: @escaping @Sendable () throws -> Picture) {
        guard frames.begin() else { return }
        threads.main { self.takeFrame(decode) }
    }

    private func takeFrame(_ decode: @escaping @Sendable () throws -> Picture) {
        guard !isBusy, let live = liveRun(), let configuration = chosenConfiguration(app, filming.configuration) else {
            return frames.end()
        }
        threads.runner { [threads, frames, platform] in
            let done = Result { try live.run(configuration, try decode()) }
            let (now, thermal) = (platform.clock.nanos(), platform.thermals.status())
            frames.end()
            threads.main { self.filmed(done, now, thermal) }
        }
    }

    private func filmed(_ done: Result<LiveRun.Found, any Error>, _ now: Int, _ thermal: Thermal?) {
        filming.thermal = thermal
        switch done {
        case .success(let found):
            filming.guesses = found.guesses
            filming.meter = filming.meter.plus(done: now, run: found.runNanos)
        case .failure(let error): filming.failed = said(error)
        }
        changed()
    }

    /// Ticks a configuration, or takes the tick away.
    public func tick(_ configuration: String, _ on: Bool) {
        var ticked = ticked(app, wish)
        if on { ticked.insert(configuration) } else { ticked.remove(configuration) }
        wish.ticked = ticked
        changed()
    }

    /// Chooses a plan by name.
    public func plan(_ name: String) {
        wish.plan = name
        changed()
    }

    /// Measures what is ticked; `done` is called with the run's id when its report is there.
    public func measure(_ done: @escaping @MainActor @Sendable (String) -> Void) {
        let chosen = app.configurations.filter { ticked(app, wish).contains($0.name) }
        guard let bundle = app.bundle, !isBusy, !chosen.isEmpty else { return }
        closeLive()
        let plan = Plan.all.first { $0.name == wish.plan }!
        let id = UUID().uuidString.lowercased()
        let interruption = Interruption()
        self.interruption = interruption
        runBegan = platform.clock.nanos()
        run = RunStand(phase: "replay", configuration: chosen[0].name, fraction: 0, seconds: 0)
        measureFailed = nil
        changed()
        threads.runner { [threads, runtimes, platform] in
            let bench = Bench(bundle, runtimes, platform, interruption) { now in threads.main { self.stand(now) } }
            let report = Result {
                let report = bench.run(id, plan, chosen)
                if let report { try platform.reports.write(run: id, name: "report.json", text: report.toJson()) }
                return report
            }
            threads.main { self.measured(bundle, report, interruption, done) }
        }
    }

    private func stand(_ now: RunProgress) {
        run?.phase = now.step.rawValue
        run?.configuration = now.configuration ?? ""
        run?.fraction = now.fraction
        changed()
    }

    private func measured(
        _ bundle: ModelBundle, _ made: Result<Report?, any Error>, _ interruption: Interruption,
        _ done: @MainActor (String) -> Void
    ) {
        run = nil
        switch made {
        case .success(let found?):
            report = found
            for one in found.configs { app.found[one.configuration.name] = one }
            threads.files { [storage] in storage.report = found }
            keep(bundle)
        case .success(nil): measureFailed = interruption.reason?.sentence
        case .failure(let error): measureFailed = said(error)
        }
        changed()
        if measureFailed == nil, let report { done(report.runId) }
    }

    /// How long the run has been going on; to be asked at most twice a second.
    public func tickClock() {
        run?.seconds = Double(platform.clock.nanos() - runBegan) / 1e9
        if run != nil { changed() }
    }

    /// What the phone is like at this moment; not to be asked while something is timed.
    public func now() -> Now {
        let facts = platform.device.facts()
        let power = platform.power
        let condition = Condition(
            atS: 0, thermal: platform.thermals.status(), headroom: nil, batteryC: power.batteryC(),
            charging: power.charging(), powerSaver: power.powerSaver(), brightness: power.brightness(),
            foreground: true)
        return Now(condition: condition, debugBuild: facts.app.debug, emulator: facts.emulator)
    }

    /// Ends the run that goes on, for a reason that the report tells.
    public func interrupt(_ reason: Abort) {
        guard run != nil else { return }
        interruption.raise(reason)
        run?.aborting = true
        changed()
    }

    private func liveRun() -> LiveRun? {
        guard let bundle = app.bundle, !app.proven.isEmpty else { return nil }
        if live == nil { live = LiveRun(bundle, runtimes, platform.clock) }
        return live
    }

    private func closeLive() {
        guard let open = live else { return }
        live = nil
        threads.runner { open.close() }
    }
}

/// Whether something is at work that must not begin twice.
private final class OneAtATime: @unchecked Sendable {
    private let lock = NSLock()
    private var isAtWork = false

    func begin() -> Bool {
        lock.withLock {
            defer { isAtWork = true }
            return !isAtWork
        }
    }

    func end() { lock.withLock { isAtWork = false } }
}
