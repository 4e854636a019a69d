import ExecuTorch
import Foundation
import PhoneCore

/// ExecuTorch's runtime with the XNNPACK and Core ML backends that are linked in. The count of threads cannot be chosen
/// here: the pool has one thread for each two cores.
struct ExecuTorchRuntime: Runtime {
    /// As Package.resolved pins it; a test holds it against the exporter's.
    static let release = "1.4.1"

    let name = "ExecuTorch"
    let version = ExecuTorchRuntime.release
    let targets: Set<String> = ["executorch", "executorch-coreml"]
    let dtypes: Set<Dtype> = [.float32]

    func modes(_ artifact: Artifact) -> [Mode] {
        let rows = artifact.proofs.map { Mode(unit: $0.unit, computePrecision: $0.computePrecision) }
        return rows.filter { $0.unit == "cpu" || artifact.target == "executorch-coreml" }
    }

    func open(_ path: String, _ configuration: Configuration) throws -> any Session {
        let module = Module(filePath: path, loadMode: .mmap)
        try module.load("forward")
        let backends = try module.methodMetadata("forward").backendNames
        let facts = SessionFacts(backends: backends, computePrecision: configuration.mode.computePrecision)
        return ExecuTorchSession(module, configuration.artifact, facts)
    }
}

final class ExecuTorchSession: Session {
    let facts: SessionFacts
    private let module: Module
    private let artifact: Artifact
    /// Made once; the tensor copies the zeros and keeps its own memory.
    private let inputs: [Tensor<Float>]
    private var outputs: [Value] = []

    init(_ module: Module, _ artifact: Artifact, _ facts: SessionFacts) {
        self.module = module
        self.artifact = artifact
        self.facts = facts
        inputs = artifact.inputs.map { input in
            Tensor<Float>([Float](repeating: 0, count: input.shape.reduce(1, *)), shape: input.shape)
        }
    }

    func write(_ values: [Values]) throws {
        for (tensor, value) in zip(inputs, values) {
            tensor.withUnsafeMutableBytes { buffer in
                value.bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            }
        }
    }

    func run() throws { outputs = try module.forward(inputs) }

    func read() throws -> [Values] {
        try zip(artifact.outputs, outputs).map { own, value in
            guard let tensor: Tensor<Float> = value.tensor() else {
                throw RefusedError("ExecuTorch gave no float32 for \(own.name)")
            }
            return Values(tensor.shape, floats: tensor.scalars())
        }
    }

    func close() { outputs = [] }
}
