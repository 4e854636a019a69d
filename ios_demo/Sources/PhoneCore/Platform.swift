import Foundation

/// What the core asks of the device that it runs on. Implementations read one value each and decide nothing; they are
/// called on the thread of the run.
public protocol Platform: Sendable {
    var clock: any Clock { get }
    var thermals: any Thermals { get }
    var power: any Power { get }
    var memory: any Memory { get }
    var device: any Device { get }
    var reports: any Reports { get }
}

public protocol Clock: Sendable {
    /// A clock that does not go backwards, with the finest resolution that there is, in ns.
    func nanos() -> Int

    /// The time of day, for `started_at`.
    func now() -> Date

    /// Waits without using the processor.
    func sleep(_ nanos: Int)
}

public protocol Thermals: Sendable {
    /// The system's thermal state; nil where it is unknown.
    func status() -> Thermal?

    /// Android's forecast, 1 where throttling is severe; nil where there is none, as on iOS.
    func headroom() -> Double?
}

/// Android's and Apple's own words, by heat; "critical" is a word of both.
public enum Thermal: String, CaseIterable, Codable, Sendable {
    case none, nominal, light, fair, moderate, serious, severe, critical, emergency, shutdown

    /// Whether the system slows down, so that timings mean nothing.
    public var isTooHot: Bool { [.severe, .critical, .emergency, .shutdown, .serious].contains(self) }

    /// Whether it is as cool as the system tells.
    public var isCool: Bool { self == .none || self == .nominal }
}

/// The battery and the screen; each is nil where it is unknown.
public protocol Power: Sendable {
    /// Degrees Celsius; iOS tells no app.
    func batteryC() -> Double?

    /// Whether a charger is connected.
    func charging() -> Bool?

    /// Whether the system saves power.
    func powerSaver() -> Bool?

    /// The screen's brightness, 0 to 1.
    func brightness() -> Double?
}

public protocol Memory: Sendable {
    /// The process's memory now.
    func read() -> MemoryReading
}

/// `kind` is "rss" or "phys_footprint"; the parts are nil where the system does not tell them.
public struct MemoryReading: Equatable, Sendable {
    public let kind: String
    public let bytes: Int
    public let anonBytes: Int?
    public let fileBytes: Int?

    public init(kind: String, bytes: Int, anonBytes: Int? = nil, fileBytes: Int? = nil) {
        self.kind = kind
        self.bytes = bytes
        self.anonBytes = anonBytes
        self.fileBytes = fileBytes
    }
}

public protocol Device: Sendable {
    /// Read once a run.
    func facts() -> DeviceFacts
}

/// The device and the app, as the system describes them; nil where unknown.
public struct DeviceFacts: Codable, Equatable, Sendable {
    public let app: AppFacts
    public let manufacturer: String
    public let model: String
    public let soc: String?
    /// Whether it is a simulator, whose times are void.
    public let emulator: Bool
    public let os: String
    public let osVersion: String
    public let osBuild: String?
    public let abi: String
    public let cores: Int
    public let cpuMaxKhz: [Int]?
    public let ramBytes: Int
    public let pageSizeBytes: Int

    public init(
        app: AppFacts, manufacturer: String, model: String, soc: String?, emulator: Bool, os: String,
        osVersion: String, osBuild: String?, abi: String, cores: Int, cpuMaxKhz: [Int]?, ramBytes: Int,
        pageSizeBytes: Int
    ) {
        self.app = app
        self.manufacturer = manufacturer
        self.model = model
        self.soc = soc
        self.emulator = emulator
        self.os = os
        self.osVersion = osVersion
        self.osBuild = osBuild
        self.abi = abi
        self.cores = cores
        self.cpuMaxKhz = cpuMaxKhz
        self.ramBytes = ramBytes
        self.pageSizeBytes = pageSizeBytes
    }
}

/// The app that measures; `platform` is "ios" or "desktop".
public struct AppFacts: Codable, Equatable, Sendable {
    public let name: String
    public let version: String
    public let debug: Bool
    public let platform: String

    public init(name: String, version: String, debug: Bool, platform: String) {
        self.name = name
        self.version = version
        self.debug = debug
        self.platform = platform
    }
}

/// Where a run's files go: `status.json` while it goes on, `report.json` at its end.
public protocol Reports: Sendable {
    /// Writes `text` whole under another name, then renames it to `name`, so that no reader sees half of it.
    func write(run: String, name: String, text: String) throws
}

/// What stops a run from outside.
public enum Abort: String, CaseIterable, Sendable {
    case background, memory, user
    case screenOff = "screen_off"
    case powerSaver = "power_saver"

    /// The report's.
    var code: String {
        switch self {
        case .background, .screenOff: "left_foreground"
        case .powerSaver: "power_saver"
        case .memory, .user: "aborted"
        }
    }

    /// For people.
    public var sentence: String {
        switch self {
        case .background: "the app left the foreground"
        case .screenOff: "the screen went off"
        case .powerSaver: "the power saver is on"
        case .memory: "the system is short of memory"
        case .user: "the user ended the run"
        }
    }
}

/// Writes the files of a run into `<folder>/<run>/`.
public struct FolderReports: Reports {
    private let folder: URL

    public init(_ folder: URL) { self.folder = folder }

    public func write(run: String, name: String, text: String) throws {
        let place = folder.appendingPathComponent(run)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: place.appendingPathComponent(name), options: .atomic)
    }
}

/// Why a run was stopped from outside. The first reason stays, so that an app that left the foreground and came back is
/// stopped all the same.
public final class Interruption: @unchecked Sendable {
    private let lock = NSLock()
    private var first: Abort?

    public init() {}

    public var reason: Abort? { lock.withLock { first } }

    /// Stops the run at its next call.
    public func raise(_ abort: Abort) { lock.withLock { first = first ?? abort } }
}
