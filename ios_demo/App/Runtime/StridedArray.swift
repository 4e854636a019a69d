import CoreML
import Foundation
import PhoneCore

/// MLMultiArray by its strides: a row may be longer than its values, and a copy of the whole would be wrong.
enum StridedArray {
    static func read(_ array: MLMultiArray) throws -> Values {
        let dtype = try dtype(array)
        let (shape, strides) = (array.shape.map(\.intValue), array.strides.map(\.intValue))
        var bytes: [UInt8] = []
        array.withUnsafeBytes { bytes = Strides.packed($0, shape: shape, strides: strides, size: dtype.size) }
        return Values(dtype, shape, bytes: bytes)
    }

    static func write(_ values: Values, _ array: MLMultiArray) {
        let shape = array.shape.map(\.intValue)
        array.withUnsafeMutableBytes { buffer, strides in
            Strides.spread(values.bytes, into: buffer, shape: shape, strides: strides, size: values.dtype.size)
        }
    }

    private static func dtype(_ array: MLMultiArray) throws -> Dtype {
        switch array.dataType {
        case .float32: .float32
        case .float16: .float16
        case .int32: .int32
        default: throw RefusedError("Core ML gave an array of another type")
        }
    }
}
