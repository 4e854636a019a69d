// Stub of ExecuTorch 1.4: only what App/ uses, to check its types on Linux. Nothing is computed here. From
// https://github.com/pytorch/executorch, extension/apple/ExecuTorch/Exported (commits 885c7cbb87a9 and f74026a62592).
import Foundation

// ExecuTorchModule.h
public enum ModuleLoadMode: Int { case file, mmap }
// ExecuTorchModule.h
open class Module: NSObject {
    public init(filePath: String, loadMode: ModuleLoadMode) {}
    public func load(_: String) throws {}
    public func methodMetadata(_: String) throws -> MethodMetadata { fatalError() }
    // ExecuTorch+Module.swift
    public func forward(_: [any ValueConvertible]) throws -> [Value] { fatalError() }
}
// ExecuTorchModule.h
public final class MethodMetadata: NSObject {
    public var backendNames: [String] { fatalError() }
}
// ExecuTorch+Value.swift
public protocol ValueConvertible {}
// ExecuTorchValue.h
open class Value: NSObject {
    // ExecuTorch+Value.swift
    public func tensor<T: Scalar>() -> Tensor<T>? { fatalError() }
}
// ExecuTorch+Tensor.swift
public protocol Scalar {}
// ExecuTorch+Tensor.swift
extension Float: Scalar {}
// ExecuTorch+Tensor.swift
public final class Tensor<T: Scalar>: ValueConvertible {
    public init(_: [T], shape: [Int] = []) {}
    public var shape: [Int] { fatalError() }
    public func scalars() -> [T] { fatalError() }
    public func withUnsafeMutableBytes<R>(_: (UnsafeMutableBufferPointer<T>) throws -> R) rethrows -> R { fatalError() }
}
