/// The whole of `manifest.json`; docs/bundle_format.md explains every field.
public struct Manifest: Equatable, Sendable {
    public enum Status: String, CaseIterable, Sendable { case passed, failed }

    public let formatVersion: String
    public let generator: Generator
    public let status: Status
    public let task: String
    public let model: Model
    public let inputs: [Input]
    public let outputs: [Output]
    public let afterNetwork: [Step]
    public let labels: Labels?
    public let artifacts: [Artifact]
    public let failed: [FailedVariant]
    public let golden: [GoldenSample]
    public let proof: StoredFile
    public let otherFiles: [StoredFile]

    /// Every file that the manifest lists, in its order.
    public var files: [Listed] {
        let own = artifacts.map { Listed(stored: $0.stored, isFolder: $0.isFolder) }
        let plain = [labels?.stored].compactMap { $0 } + golden.flatMap(\.files) + [proof] + otherFiles
        let rest = plain.map { Listed(stored: $0, isFolder: false) }
        return own + rest
    }
}

/// A file of the bundle as the manifest lists it, and whether it is a folder.
public struct Listed: Equatable, Sendable {
    public let stored: StoredFile
    public let isFolder: Bool
}

/// A file of the bundle, its SHA-256 and its size in bytes.
public struct StoredFile: Codable, Equatable, Sendable {
    public let file: String
    public let sha256: String
    public let size: Int
}

/// What wrote the bundle.
public struct Generator: Codable, Equatable, Sendable {
    public let name: String
    public let version: String
}

public struct Model: Equatable, Sendable {
    public let name: String
    public let numClasses: Int?
    public let weights: Weights
}

public struct Weights: Codable, Equatable, Sendable {
    public enum Kind: String, CaseIterable, Codable, Sendable { case checkpoint, module, seeded }

    public let kind: Kind
    public let sha256: String?
    public let seed: Int?
    public let statement: String
}

public enum Layout: String, CaseIterable, Codable, Sendable {
    case nchw = "NCHW"
    case nhwc = "NHWC"
    case any
}

/// An input of the network; a picture has a preprocessing.
public struct Input: Equatable, Sendable {
    public enum Kind: String, CaseIterable, Sendable { case picture, tensor }

    public let name: String
    public let shape: [Int]
    public let dtype: Dtype
    public let layout: Layout
    public let kind: Kind
    public let preprocessing: Preprocessing?
}

public struct Output: Equatable, Sendable {
    public let name: String
    public let shape: [Int]
    public let dtype: Dtype
    public let layout: Layout
    public let role: String
    public let meaning: String
}

/// What an app does with an output, such as softmax or top_k.
public struct Step: Equatable, Sendable {
    public let step: String
    public let output: String
    public let parameters: [String: Json]
}

public struct Labels: Equatable, Sendable {
    public let stored: StoredFile
    public let count: Int
}

/// A converted model. `part` is "main" for a file that is the whole network.
public struct Artifact: Codable, Equatable, Sendable {
    public static let main = "main"

    public let stored: StoredFile
    public let isFolder: Bool
    public let part: String
    public let target: String
    public let precision: String
    public let runtime: String
    public let leastRuntime: String
    public let inputs: [ArtifactInput]
    public let outputs: [ArtifactOutput]
    public let proofs: [UnitProof]

    public var file: String { stored.file }
}

public struct ArtifactInput: Codable, Equatable, Sendable {
    public let name: String
    public let shape: [Int]
    public let dtype: Dtype
    public let layout: Layout
    public let input: String
    public let normalisation: Normalisation?
}

public struct ArtifactOutput: Codable, Equatable, Sendable {
    public let name: String
    public let shape: [Int]
    public let dtype: Dtype
    public let layout: Layout
    public let output: String
}

/// (pixel / 255 - mean) / std, channel by channel (R, G, B).
public struct Normalisation: Codable, Equatable, Sendable {
    public let mean: [Double]
    public let std: [Double]
}

/// What is known of one artifact on one unit in one compute precision.
public struct UnitProof: Codable, Equatable, Sendable {
    public enum State: String, CaseIterable, Codable, Sendable {
        case proven, interpreted, failed, refused
        case notRunHere = "not_run_here"
    }

    public let unit: String
    public let computePrecision: String
    public let threads: Int?
    public let state: State
    public let reason: String?
    public let limits: Limits
}

/// How far a result may be from the reference before it fails.
public struct Limits: Codable, Equatable, Sendable {
    public let maxRelativeError: Double
    public let meanRelativeError: Double
    public let cosine: Double
    public let sqnrDb: Double
    public let displacement: Double
}

public struct FailedVariant: Equatable, Sendable {
    public let target: String
    public let precision: String
    public let reason: String
}

public struct GoldenSample: Equatable, Sendable {
    public let name: String
    public let kind: String
    public let inputs: [GoldenInput]
    public let outputs: [GoldenOutput]

    var files: [StoredFile] {
        inputs.compactMap { $0.picture?.stored } + inputs.map(\.tensor) + outputs.map(\.tensor)
    }
}

public struct GoldenInput: Equatable, Sendable {
    public let input: String
    public let picture: GoldenPicture?
    public let tensor: StoredFile
}

public struct GoldenPicture: Equatable, Sendable {
    public let stored: StoredFile
    public let height: Int
    public let width: Int
    public let credit: String?
}

public struct GoldenOutput: Equatable, Sendable {
    public let output: String
    public let tensor: StoredFile
}

/// How a picture becomes a network's input (docs/bundle_format.md, "Preprocessing").
public struct Preprocessing: Equatable, Sendable {
    public let resize: Resize
    public let crop: Crop
    public let normalisation: Normalisation
}

public struct Resize: Equatable, Sendable {
    public enum Rule: String, CaseIterable, Sendable {
        case shorterSide = "shorter_side"
        case cover, stretch, letterbox
    }
    public enum Interpolation: String, CaseIterable, Sendable { case bicubic, bilinear, nearest }

    public let rule: Rule
    public let height: Int
    public let width: Int
    public let interpolation: Interpolation
    public let antialias: Bool
}

public struct Crop: Equatable, Sendable {
    public enum Position: String, CaseIterable, Sendable {
        case center
        case topLeft = "top_left"
    }

    public let position: Position
    public let height: Int
    public let width: Int
    public let fill: [UInt8]?
}
