// The records of report.schema.json; docs/phone_report.md explains every field.

/// What the app found on one device with one bundle.
public struct Report: Codable, Equatable, Sendable {
    /// The version of reports that this app writes.
    public static let version = "1.0"
    /// Of all golden outputs of a configuration together; a report leaves out the values of larger ones.
    static let rawLimitBytes = 16 * 1024 * 1024

    public let runId: String
    /// ISO 8601 in UTC, to the second.
    public let startedAt: String
    public let plan: Plan
    public let bundle: ReportedBundle
    public let device: DeviceFacts
    public let conditions: [Condition]
    public let configs: [ReportedConfiguration]
    public let camera: ReportedCamera?
}

/// The bundle that was measured; `resolution` is (H, W), nil without a picture input.
public struct ReportedBundle: Codable, Equatable, Sendable {
    public let manifestSha256: String
    public let model: String
    public let weights: Weights
    public let resolution: [Int]?
    public let generator: Generator

    init(_ bundle: ModelBundle) {
        let crop = bundle.manifest.inputs.compactMap(\.preprocessing).first?.crop
        manifestSha256 = bundle.sha256
        model = bundle.manifest.model.name
        weights = bundle.manifest.model.weights
        resolution = crop.map { [$0.height, $0.width] }
        generator = bundle.manifest.generator
    }
}

/// The device at one moment.
public struct Condition: Codable, Equatable, Sendable {
    public let atS: Double
    public let thermal: Thermal?
    public let headroom: Double?
    public let batteryC: Double?
    public let charging: Bool?
    public let powerSaver: Bool?
    public let brightness: Double?
    public let foreground: Bool
}

/// What was found of one configuration.
public struct ReportedConfiguration: Codable, Equatable, Sendable {
    public enum State: String, Codable, Sendable { case measured, proven, failed, refused, void }

    public let configuration: Configuration
    public let runtimeVersion: String
    public let facts: SessionFacts
    public internal(set) var state: State
    public internal(set) var reason: Reason?
    public let replay: Replay?
    public let load: Load?
    public let waits: [Wait]
    public let phases: [Phase]
    public let memory: MemoryUse?

    /// The percentiles of all bursts together; nil without one. This is the number to show.
    public var latency: Percentiles? {
        let runs = phases.filter { $0.kind == .burst }.flatMap(\.runNs)
        return runs.isEmpty ? nil : Percentiles(runs)
    }

    /// Whether it was proven on this device, and still right after a timing, so that its latency may be shown.
    public var isProven: Bool { state != .failed && replay?.passed == true && replay?.again != false }
}

/// Why a configuration failed, was refused or is void: a code, and a sentence.
public struct Reason: Codable, Equatable, Sendable {
    public let code: String
    public let text: String
}

/// The golden samples on the device. `again` is whether a replay after the timing passed, nil where none took place.
public struct Replay: Codable, Equatable, Sendable {
    public let preprocessing: [DifferingValues]
    public let verdict: Verdict
    public let repeatable: Bool
    public let outputs: [SampleOutputs]
    public var again: Bool?

    /// Whether the pictures became the golden tensors, and the outputs are within the limits.
    public var passed: Bool { verdict.passed && preprocessing.allSatisfy { $0.differing == 0 } }
}

/// How many values of a sample's preprocessed input differ from the golden tensor, compared as bits.
public struct DifferingValues: Codable, Equatable, Sendable {
    public let sample: String
    public let input: String
    public let differing: Int
}

/// What the artifact gave for one sample, in the order of the network's outputs; the values are nil where they are too
/// many for a report.
public struct SampleOutputs: Codable, Equatable, Sendable {
    public let sample: String
    public let outputs: [RawOutput]
}

public struct RawOutput: Codable, Equatable, Sendable {
    public let shape: [Int]
    public let dtype: Dtype
    public let bytes: [UInt8]?

    /// With the values where `whole`.
    init(_ values: Values, whole: Bool) {
        shape = values.shape
        dtype = values.dtype
        bytes = whole ? values.bytes : nil
    }
}

/// The wait before a configuration's turn; `cooled` is false where it ended at the plan's limit.
public struct Wait: Codable, Equatable, Sendable {
    public let startedS: Double
    public let waitedS: Double
    public let cooled: Bool
}

/// Each cold open, and the first call after it, in ns.
public struct Load: Codable, Equatable, Sendable {
    public let openNs: [Int]
    public let firstCallNs: [Int]
    public let compileNs: Int?
    public let firstEver: Bool?
}

/// Runs of one kind; `outputNs` is nil where `runNs` includes it.
public struct Phase: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable { case warmup, burst, paced, sustained }

    public let kind: Kind
    public let round: Int
    public let intervalMs: Double?
    public let startedS: Double
    public let startNs: [Int]
    public let inputNs: [Int]
    public let runNs: [Int]
    public let outputNs: [Int]?
    public let statistics: PhaseStatistics

    /// When the last run had ended.
    var endedS: Double {
        startedS + Double(startNs.last! + inputNs.last! + runNs.last! + (outputNs?.last ?? 0)) / 1e9
    }
}

/// Memory of the process, read in a pass in which nothing is timed.
public struct MemoryUse: Codable, Equatable, Sendable {
    public let kind: String
    public let beforeBytes: Int
    public let openedBytes: Int
    public let peakBytes: Int
    public let anonBytes: Int?
    public let fileBytes: Int?
}

/// The live picture; `config` is the index of the configuration that ran.
public struct ReportedCamera: Codable, Equatable, Sendable {
    public let config: Int
    public let seconds: Double
    public let frames: Int
    public let dropped: Int
    public let preprocessNs: [Int]
    public let endToEndNs: [Int]
}
