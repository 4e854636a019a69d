import CoreML
import CoreVideo
import Foundation
import PhoneCore

/// Core ML with each choice of compute units as a configuration of its own. The arithmetic is what the bundle's proof has
/// for the unit.
struct CoreMLRuntime: Runtime {
    let name = "Core ML"
    let version: String
    let targets: Set<String> = ["coreml"]
    let dtypes: Set<Dtype> = [.uint8, .float32, .float16, .int32]
    let models: CompiledModels

    static let units: [(unit: String, choice: MLComputeUnits)] = [
        ("cpu", .cpuOnly), ("gpu", .cpuAndGPU), ("neural_engine", .cpuAndNeuralEngine), ("all", .all),
    ]

    func modes(_ artifact: Artifact) -> [Mode] {
        let precisions = Set(artifact.proofs.map(\.computePrecision)).sorted()
        return CoreMLRuntime.units.flatMap { unit in
            precisions.map { Mode(unit: unit.unit, computePrecision: $0) }
        }
    }

    func open(_ path: String, _ configuration: Configuration) throws -> any Session {
        let settings = MLModelConfiguration()
        settings.computeUnits = CoreMLRuntime.units.first { $0.unit == configuration.mode.unit }!.choice
        let found = try models.compiled(URL(fileURLWithPath: path), configuration.artifact.stored.sha256)
        let model = try MLModel(contentsOf: found.url, configuration: settings)
        return try CoreMLSession(model, configuration, found, settings)
    }
}

/// A loaded model with one buffer for each input.
final class CoreMLSession: Session {
    /// Made when it is asked for: the plan takes long, and opening is timed.
    private(set) lazy var facts: SessionFacts = {
        var facts = SessionFacts(backends: ["Core ML"], computePrecision: precision)
        facts.compileNanos = found.compileNanos
        facts.firstEver = !found.wasThere
        facts.placement = ComputePlan.placement(found.url, settings)
        return facts
    }()
    private let model: MLModel
    private let artifact: Artifact
    private let precision: String
    private let found: CompiledModels.Found
    private let settings: MLModelConfiguration
    private let features: MLDictionaryFeatureProvider
    private let pictures: [CVPixelBuffer?]
    private let arrays: [MLMultiArray?]
    private var result: (any MLFeatureProvider)?

    init(
        _ model: MLModel, _ configuration: Configuration, _ found: CompiledModels.Found,
        _ settings: MLModelConfiguration
    ) throws {
        let artifact = configuration.artifact
        self.model = model
        self.artifact = artifact
        self.found = found
        self.settings = settings
        precision = configuration.mode.computePrecision
        pictures = try artifact.inputs.map { $0.dtype == .uint8 ? try pixelBuffer($0.shape) : nil }
        arrays = try artifact.inputs.map { $0.dtype == .uint8 ? nil : try multiArray($0.shape, $0.dtype) }
        var values: [String: MLFeatureValue] = [:]
        for (index, input) in artifact.inputs.enumerated() {
            if let picture = pictures[index] { values[input.name] = MLFeatureValue(pixelBuffer: picture) }
            if let array = arrays[index] { values[input.name] = MLFeatureValue(multiArray: array) }
        }
        features = try MLDictionaryFeatureProvider(dictionary: values)
    }

    func write(_ inputs: [Values]) throws {
        for (index, values) in inputs.enumerated() {
            if let picture = pictures[index] { try write(values, picture) }
            if let array = arrays[index] { StridedArray.write(values, array) }
        }
    }

    private func write(_ values: Values, _ buffer: CVPixelBuffer) throws {
        CVPixelBufferLockBaseAddress(buffer, [])
        defer { CVPixelBufferUnlockBaseAddress(buffer, []) }
        guard let base = CVPixelBufferGetBaseAddress(buffer) else { throw RefusedError("a pixel buffer has no memory") }
        let row = CVPixelBufferGetBytesPerRow(buffer)
        let bytes = UnsafeMutableRawBufferPointer(start: base, count: row * CVPixelBufferGetHeight(buffer))
        writeBgra(values, to: bytes, bytesPerRow: row)
    }

    /// The synchronous prediction: it is timed, and an await would change the thread.
    func run() throws { result = try model.prediction(from: features, options: MLPredictionOptions()) }

    func read() throws -> [Values] {
        try artifact.outputs.map { output in
            guard let array = result?.featureValue(for: output.name)?.multiArrayValue else {
                throw RefusedError("Core ML gave no output \(output.name)")
            }
            return try StridedArray.read(array)
        }
    }

    func close() { result = nil }
}

private func pixelBuffer(_ shape: [Int]) throws -> CVPixelBuffer {
    var buffer: CVPixelBuffer?
    let status = CVPixelBufferCreate(nil, shape[2], shape[1], kCVPixelFormatType_32BGRA, nil, &buffer)
    guard status == kCVReturnSuccess, let buffer else { throw RefusedError("no pixel buffer: status \(status)") }
    return buffer
}

private func multiArray(_ shape: [Int], _ dtype: Dtype) throws -> MLMultiArray {
    let types: [Dtype: MLMultiArrayDataType] = [.float32: .float32, .float16: .float16, .int32: .int32]
    return try MLMultiArray(shape: shape.map { NSNumber(value: $0) }, dataType: types[dtype]!)
}
