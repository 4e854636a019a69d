// Stub of ExecuTorch: only what App/ uses, to check its types on Linux. Nothing is computed here. The declarations are those
// of the files above each, at the tag v1.4.1.
import Foundation

// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorchModule.h
public enum ModuleLoadMode: Int, Sendable { case file, mmap, mmapUseMlock, mmapUseMlockIgnoreErrors }
// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorchModule.h
open class Module: NSObject {
    public init(filePath: String, loadMode: ModuleLoadMode) {}
    open func load(_ methodName: String) throws {}
    open func methodMetadata(_ methodName: String) throws -> MethodMetadata { fatalError() }
}
// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorch+Module.swift
extension Module {
    public func forward(_ inputs: [any ValueConvertible]) throws -> [Value] { fatalError() }
}
// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorchModule.h
open class MethodMetadata: NSObject {
    open var backendNames: [String] { fatalError() }
}
// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorch+Value.swift
public protocol ValueConvertible {}
// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorchValue.h
open class Value: NSObject {}
// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorch+Value.swift
extension Value {
    public func tensor<T: Scalar>() -> Tensor<T>? { fatalError() }
}
// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorch+Tensor.swift
public protocol Scalar {}
// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorch+Tensor.swift
extension Float: Scalar {}
// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorchTensor.h
public enum ShapeDynamism: UInt8, Sendable { case `static`, dynamicBound, dynamicUnbound }
// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorch+Tensor.swift
public final class Tensor<T: Scalar> {
    public convenience init(
        _ scalars: [T], shape: [Int] = [], strides: [Int] = [], dimensionOrder: [Int] = [],
        shapeDynamism: ShapeDynamism = .dynamicBound
    ) { fatalError() }
    public var shape: [Int] { fatalError() }
    public func scalars() -> [T] { fatalError() }
    public func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableBufferPointer<T>) throws -> R) rethrows -> R {
        fatalError()
    }
}
// https://github.com/pytorch/executorch/blob/v1.4.1/extension/apple/ExecuTorch/Exported/ExecuTorch+Value.swift
extension Tensor: ValueConvertible {}
