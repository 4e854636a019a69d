// Stub of Core ML: only what App/ uses, to check its types on Linux. Nothing is computed here. The
// declarations are Apple's, on the page above each.
import CoreVideo
import Foundation

// https://developer.apple.com/documentation/coreml/mlcomputeunits
public enum MLComputeUnits: Int, Sendable { case cpuOnly, cpuAndGPU, all, cpuAndNeuralEngine }
// https://developer.apple.com/documentation/coreml/mlmodelconfiguration
open class MLModelConfiguration: NSObject {
    // https://developer.apple.com/documentation/coreml/mlmodelconfiguration/computeunits
    open var computeUnits = MLComputeUnits.all
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
open class MLCPUComputeDevice: NSObject, @unchecked Sendable {}
// https://developer.apple.com/documentation/coreml/mlgpucomputedevice
open class MLGPUComputeDevice: NSObject, @unchecked Sendable {}
// https://developer.apple.com/documentation/coreml/mlneuralenginecomputedevice
open class MLNeuralEngineComputeDevice: NSObject, @unchecked Sendable {}
// https://developer.apple.com/documentation/coreml/mlmodel
open class MLModel: NSObject {
    // https://developer.apple.com/documentation/coreml/mlmodel/init(contentsof:configuration:)
    public convenience init(contentsOf url: URL, configuration: MLModelConfiguration) throws { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmodel: the older one, which blocks
    open class func compileModel(at modelURL: URL) throws -> URL { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmodel
    public class func compileModel(at url: URL) async throws -> URL { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmodel
    open func prediction(from input: any MLFeatureProvider, options: MLPredictionOptions) throws
        -> any MLFeatureProvider
    { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmodel
    public func prediction(
        from input: any MLFeatureProvider, options: MLPredictionOptions = MLPredictionOptions()
    ) async throws -> any MLFeatureProvider { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmodel
    public static var availableComputeDevices: [MLComputeDevice] { fatalError() }
}
// https://developer.apple.com/documentation/coreml/mlpredictionoptions
open class MLPredictionOptions: NSObject {}
// https://developer.apple.com/documentation/coreml/mlfeatureprovider
public protocol MLFeatureProvider {
    // https://developer.apple.com/documentation/coreml/mlfeatureprovider/featurevalue(for:)
    func featureValue(for featureName: String) -> MLFeatureValue?
}
// https://developer.apple.com/documentation/coreml/mldictionaryfeatureprovider
open class MLDictionaryFeatureProvider: NSObject, MLFeatureProvider {
    // https://developer.apple.com/documentation/coreml/mldictionaryfeatureprovider/init(dictionary:)
    public init(dictionary: [String: Any]) throws {}
    // https://developer.apple.com/documentation/coreml/mlfeatureprovider/featurevalue(for:)
    open func featureValue(for featureName: String) -> MLFeatureValue? { fatalError() }
}
// https://developer.apple.com/documentation/coreml/mlfeaturevalue
open class MLFeatureValue: NSObject {
    // https://developer.apple.com/documentation/coreml/mlfeaturevalue/init(pixelbuffer:)
    public convenience init(pixelBuffer value: CVPixelBuffer) { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlfeaturevalue/init(multiarray:)
    public convenience init(multiArray value: MLMultiArray) { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlfeaturevalue/multiarrayvalue
    open var multiArrayValue: MLMultiArray? { fatalError() }
}
// https://developer.apple.com/documentation/coreml/mlmultiarraydatatype
public enum MLMultiArrayDataType: Int, Sendable { case double, float32, float16, int32 }
// https://developer.apple.com/documentation/coreml/mlmultiarray
open class MLMultiArray: NSObject {
    // https://developer.apple.com/documentation/coreml/mlmultiarray/init(shape:datatype:)
    public init(shape: [NSNumber], dataType: MLMultiArrayDataType) throws {}
    // https://developer.apple.com/documentation/coreml/mlmultiarray/datatype
    open var dataType: MLMultiArrayDataType { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmultiarray/shape
    open var shape: [NSNumber] { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmultiarray/strides
    open var strides: [NSNumber] { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmultiarray/withunsafebytes(_:)
    public func withUnsafeBytes<R>(_ body: (_ ptr: UnsafeRawBufferPointer) throws -> R) rethrows -> R { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlmultiarray/withunsafemutablebytes(_:)
    public func withUnsafeMutableBytes<R>(
        _ body: (_ ptr: UnsafeMutableRawBufferPointer, _ strides: [Int]) throws -> R
    ) rethrows -> R { fatalError() }
}
// https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n
public class MLComputePlan {
    // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/load(contentsof:configuration:)
    public static func load(contentsOf url: URL, configuration: MLModelConfiguration) async throws -> MLComputePlan {
        fatalError()
    }
    // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/modelstructure
    final public var modelStructure: MLModelStructure { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/deviceusage(for:)-7cdlm
    public func deviceUsage(for operation: MLModelStructure.Program.Operation) -> DeviceUsage? { fatalError() }
    // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/deviceusage
    public struct DeviceUsage: Sendable {
        // https://developer.apple.com/documentation/coreml/mlcomputeplan-1w21n/deviceusage/preferred
        public let preferred: MLComputeDevice
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
        public let functions: [String: Function]
        // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/program/function
        public struct Function: Sendable {
            // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/program/function/block
            public let block: Block
        }
        // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/program/block
        public struct Block: Sendable {
            // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/program/block/operations
            public let operations: [Operation]
        }
        // https://developer.apple.com/documentation/coreml/mlmodelstructure-swift.enum/program/operation
        public struct Operation: Sendable {}
    }
}
