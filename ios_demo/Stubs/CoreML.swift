// Stub of Core ML: only what App/ uses, to check its types on Linux. Nothing is computed here.
import CoreVideo
import Foundation

// https://developer.apple.com/documentation/coreml/mlcomputeunits
public enum MLComputeUnits: Int, Sendable { case cpuOnly, cpuAndGPU, all, cpuAndNeuralEngine }
// https://developer.apple.com/documentation/coreml/mlmodelconfiguration
open class MLModelConfiguration: NSObject {
    // https://developer.apple.com/documentation/coreml/mlmodelconfiguration/computeunits
    public var computeUnits = MLComputeUnits.all
}
// https://developer.apple.com/documentation/coreml/mlcomputedevice
public enum MLComputeDevice: Sendable {
    // https://developer.apple.com/documentation/coreml/mlcomputedevice/cpu(_:)
    case cpu(MLCPUComputeDevice)
    // https://developer.apple.com/documentation/coreml/mlcomputedevice/gpu(_:)
    case gpu(MLGPUComputeDevice)
    // https://developer.apple.com/documentation/coreml/mlcomputedevice/neuralengine(_:)
    case neuralEngine(MLNeuralEngineComputeDevice)
}
// https://developer.apple.com/documentation/coreml/mlcpucomputedevice
public struct MLCPUComputeDevice: Sendable {}
// https://developer.apple.com/documentation/coreml/mlgpucomputedevice
public struct MLGPUComputeDevice: Sendable {}
// https://developer.apple.com/documentation/coreml/mlneuralenginecomputedevice
public struct MLNeuralEngineComputeDevice: Sendable {}
// https://developer.apple.com/documentation/coreml/mlmodel
open class MLModel: NSObject {
    // https://developer.apple.com/documentation/coreml/mlmodel/init(contentsof:configuration:)
    public init(contentsOf: URL, configuration: MLModelConfiguration) throws {}
    // https://developer.apple.com/documentation/coreml/mlmodel/compilemodel(at:)-6442s
    public class func compileModel(at: URL) async throws -> URL { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmodel/prediction(from:options:)-1l6e8
    public func prediction(from: any MLFeatureProvider, options: MLPredictionOptions) throws -> any MLFeatureProvider {
        fatalError()
    }
    // https://developer.apple.com/documentation/coreml/mlmodel/prediction(from:options:)-9o3
    public func prediction(
        from: any MLFeatureProvider, options: MLPredictionOptions
    ) async throws -> any MLFeatureProvider { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmodel/availablecomputedevices-6klyt
    public class var availableComputeDevices: [MLComputeDevice] { fatalError() }
}
// https://developer.apple.com/documentation/coreml/mlpredictionoptions
open class MLPredictionOptions: NSObject {}
// https://developer.apple.com/documentation/coreml/mlfeatureprovider
public protocol MLFeatureProvider {
    // https://developer.apple.com/documentation/coreml/mlfeatureprovider/featurevalue(for:)
    func featureValue(for: String) -> MLFeatureValue?
}
// https://developer.apple.com/documentation/coreml/mldictionaryfeatureprovider
open class MLDictionaryFeatureProvider: NSObject, MLFeatureProvider {
    // https://developer.apple.com/documentation/coreml/mldictionaryfeatureprovider/init(dictionary:)
    public init(dictionary: [String: Any]) throws {}
    public func featureValue(for: String) -> MLFeatureValue? { fatalError() }
}
// https://developer.apple.com/documentation/coreml/mlfeaturevalue
open class MLFeatureValue: NSObject {
    // https://developer.apple.com/documentation/coreml/mlfeaturevalue/init(pixelbuffer:)
    public init(pixelBuffer: CVPixelBuffer) {}
    // https://developer.apple.com/documentation/coreml/mlfeaturevalue/init(multiarray:)
    public init(multiArray: MLMultiArray) {}
    // https://developer.apple.com/documentation/coreml/mlfeaturevalue/multiarrayvalue
    public var multiArrayValue: MLMultiArray? { fatalError() }
}
// https://developer.apple.com/documentation/coreml/mlmultiarraydatatype
public enum MLMultiArrayDataType: Int, Sendable { case double, float32, float16, int32 }
// https://developer.apple.com/documentation/coreml/mlmultiarray
open class MLMultiArray: NSObject {
    // https://developer.apple.com/documentation/coreml/mlmultiarray/init(shape:datatype:)
    public init(shape: [NSNumber], dataType: MLMultiArrayDataType) throws {}
    // https://developer.apple.com/documentation/coreml/mlmultiarray/datatype
    public var dataType: MLMultiArrayDataType { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmultiarray/shape
    public var shape: [NSNumber] { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmultiarray/strides
    public var strides: [NSNumber] { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmultiarray/withunsafebytes(_:)
    public func withUnsafeBytes<R>(_: (UnsafeRawBufferPointer) throws -> R) rethrows -> R { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmultiarray/withunsafemutablebytes(_:)
    public func withUnsafeMutableBytes<R>(_: (UnsafeMutableRawBufferPointer, [Int]) throws -> R) rethrows -> R {
        fatalError()
    }
}
// https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n
public final class MLComputePlan: Sendable {
    // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/load(contentsof:configuration:)
    public static func load(contentsOf: URL, configuration: MLModelConfiguration) async throws -> MLComputePlan {
        fatalError()
    }
    // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/modelstructure
    public var modelStructure: MLModelStructure { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/deviceusage(for:)-6wdus
    public func deviceUsage(for: MLModelStructure.Program.Operation) -> DeviceUsage? { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/deviceusage
    public struct DeviceUsage: Sendable {
        // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/deviceusage/preferred
        public var preferred: MLComputeDevice { fatalError() }
    }
}
// https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum
public enum MLModelStructure: Sendable {
    // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/program(_:)
    case program(Program)
    // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/unsupported
    case unsupported
    // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/program
    public struct Program: Sendable {
        // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/program/functions
        public var functions: [String: Function] { fatalError() }
        // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/program/function
        public struct Function: Sendable {
            public var block: Block { fatalError() }
        }
        // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/program/block
        public struct Block: Sendable {
            public var operations: [Operation] { fatalError() }
        }
        // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/program/operation
        public struct Operation: Sendable {}
    }
}
