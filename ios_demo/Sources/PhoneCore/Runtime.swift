import Foundation

/// An inference runtime as this app has it. An implementation hands calls through and decides nothing: what its library
/// throws it lets pass, and the core makes a sentence of it (`tryOpen`). It never falls back to another unit.
public protocol Runtime: Sendable {
    /// Such as "Core ML".
    var name: String { get }

    /// The version of the library that the app is built with.
    var version: String { get }

    /// The manifest's targets that it runs, such as "coreml".
    var targets: Set<String> { get }

    /// The dtypes that its sessions take and give.
    var dtypes: Set<Dtype> { get }

    /// What this build offers for an artifact.
    func modes(_ artifact: Artifact) -> [Mode]

    /// Loads the file at `path`. The thread that opens a session also runs and closes it.
    func open(_ path: String, _ configuration: Configuration) throws -> any Session
}

/// One way in which a runtime computes; `options` tell apart what unit, precision and threads do not.
public struct Mode: Codable, Equatable, Sendable {
    public let unit: String
    public let computePrecision: String
    public let choosesThreads: Bool
    public let options: [String: String]

    public init(unit: String, computePrecision: String, choosesThreads: Bool = false, options: [String: String] = [:]) {
        self.unit = unit
        self.computePrecision = computePrecision
        self.choosesThreads = choosesThreads
        self.options = options
    }
}

/// An artifact of the bundle in one mode of one runtime; `threads` is nil where there is no choice.
public struct Configuration: Codable, Equatable, Sendable {
    public let artifact: Artifact
    public let runtime: String
    public let mode: Mode
    public let threads: Int?

    public init(artifact: Artifact, runtime: String, mode: Mode, threads: Int?) {
        self.artifact = artifact
        self.runtime = runtime
        self.mode = mode
        self.threads = threads
    }

    /// Such as `tflite-fp32:cpu:float32:4`, as a headless run names it.
    public var name: String {
        let parts = ["\(artifact.target)-\(artifact.precision)", mode.unit, mode.computePrecision]
        return (parts + [threads.map(String.init)].compactMap { $0 }).joined(separator: ":")
    }
}

/// A loaded artifact. The core times `write`, `run` and `read` apart. Inputs and outputs have the order, layouts and
/// dtypes of the manifest's artifact.
public protocol Session: AnyObject {
    /// What the runtime tells of it.
    var facts: SessionFacts { get }

    /// Copies inputs into the runtime's own buffers, which were made when it was opened.
    func write(_ inputs: [Values]) throws

    /// Runs once.
    func run() throws

    /// Copies the outputs out of the runtime's buffers.
    func read() throws -> [Values]

    func close()
}

/// What a runtime tells of a session: the `backends` that take part, the operators that stay `outside` them (nil where
/// that is not known), the `computePrecision` that really takes place, the `processor`'s name as its driver gives it,
/// whether that is `software` which only imitates the unit, how many operations Core ML prefers where, how long compiling
/// took, and whether this system never loaded the model before, where these can be told.
public struct SessionFacts: Codable, Equatable, Sendable {
    public var backends: [String]
    public var computePrecision: String
    public var options: [String: String] = [:]
    public var outside: [String]?
    public var processor: String?
    public var software = false
    public var placement: Placement?
    public var compileNanos: Int?
    public var firstEver: Bool?

    public init(backends: [String], computePrecision: String) {
        self.backends = backends
        self.computePrecision = computePrecision
    }
}

/// How many operations Core ML prefers to run where: what it plans, not what it did.
public struct Placement: Codable, Equatable, Sendable {
    public let cpu: Int
    public let gpu: Int
    public let neuralEngine: Int

    public init(cpu: Int, gpu: Int, neuralEngine: Int) {
        self.cpu = cpu
        self.gpu = gpu
        self.neuralEngine = neuralEngine
    }
}

/// Thrown by a runtime that knows that it does not run an artifact as asked, such as an operator outside the GPU.
public struct RefusedError: Error, Equatable, Sendable, CustomStringConvertible {
    public let sentence: String

    public init(_ sentence: String) { self.sentence = sentence }

    public var description: String { sentence }
}

/// What came of opening a session.
public enum Opening {
    case opened(any Session)
    /// The runtime does not run the artifact on this unit; nothing is wrong with either.
    case refused(String)
    /// It must run there, and does not open.
    case failed(String)
}

extension Runtime {
    /// Opens without throwing. Off the processor, a library that throws while it opens does not take the artifact there:
    /// refused. On the processor every artifact must open: failed.
    func tryOpen(_ path: String, _ configuration: Configuration) -> Opening {
        let artifact = configuration.artifact
        let strange = Set(artifact.inputs.map(\.dtype) + artifact.outputs.map(\.dtype)).subtracting(dtypes)
        guard strange.isEmpty else {
            let words = strange.map(\.rawValue).sorted().joined(separator: ", ")
            return .refused("this app does not feed \(name) with \(words)")
        }
        do {
            return .opened(try open(path, configuration))
        } catch let refused as RefusedError {
            return .refused(refused.sentence)
        } catch {
            let unit = configuration.mode.unit
            let sentence = "\(name) does not open \(artifact.file) on the \(unit): \(said(error))"
            return unit == "cpu" ? .failed(sentence) : .refused(sentence)
        }
    }
}

/// What came of one call.
enum Call {
    /// The outputs, when the call began by the clock, and the ns of each of its parts.
    case ran(outputs: [Values], start: Int, inputNanos: Int, runNanos: Int, outputNanos: Int)
    case failed(String)
}

extension Session {
    /// One call with its three parts timed apart.
    func tryCall(_ inputs: [Values], _ clock: any Clock) -> Call {
        do {
            let start = clock.nanos()
            try write(inputs)
            let written = clock.nanos()
            try run()
            let done = clock.nanos()
            let outputs = try read()
            let end = clock.nanos()
            return .ran(
                outputs: outputs, start: start, inputNanos: written - start, runNanos: done - written,
                outputNanos: end - done)
        } catch {
            return .failed("the runtime failed in a call: \(said(error))")
        }
    }
}

/// Every row of every artifact's proofs that a runtime of this app has a mode for, with the row's threads, or with each
/// of `threads` where there is a choice; and the modes that leave the unit to the runtime, which have no row.
public func configurations(
    _ manifest: Manifest, _ runtimes: [any Runtime], threads: [Int]? = nil
) -> [Configuration] {
    var found: [Configuration] = []
    for artifact in manifest.artifacts where artifact.part == Artifact.main {
        guard let runtime = runtimes.first(where: { $0.targets.contains(artifact.target) }) else { continue }
        let modes = runtime.modes(artifact)
        let rows = artifact.proofs.compactMap { row in
            modes.first { $0.unit == row.unit && $0.computePrecision == row.computePrecision }.map { ($0, row.threads) }
        }
        let free = modes.filter { $0.unit == "all" && artifact.limits("all", $0.computePrecision) != nil }
        for (mode, proven) in rows + free.map({ ($0, nil) }) {
            let counts: [Int?] = mode.choosesThreads ? threads ?? [proven ?? 1] : [nil]
            found += counts.map {
                Configuration(artifact: artifact, runtime: runtime.name, mode: mode, threads: $0)
            }
        }
    }
    return found.enumerated().filter { index, one in !found[..<index].contains(one) }.map(\.element)
}

/// The configuration of a name such as `tflite-fp32:cpu:float32:4`; nil where the bundle or this app has none.
public func configuration(_ name: String, _ manifest: Manifest, _ runtimes: [any Runtime]) -> Configuration? {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    let threads = parts.count > 3 ? Int(parts[3]).flatMap { $0 > 0 ? $0 : nil } : nil
    return configurations(manifest, runtimes, threads: threads.map { [$0] }).first { $0.name == name }
}

/// The first line of what a library threw.
func said(_ error: any Error) -> String {
    let isTheSystems = type(of: error) is NSError.Type || error is CocoaError || error is POSIXError
    let text = isTheSystems ? error.localizedDescription : "\(error)"
    return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? String(describing: type(of: error))
}
