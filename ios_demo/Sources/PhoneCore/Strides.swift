/// Values of an array whose elements lie as its strides say, in elements, and the same values packed in row-major order.
public enum Strides {
    public static func packed(_ bytes: UnsafeRawBufferPointer, shape: [Int], strides: [Int], size: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: shape.reduce(size, *))
        var target = 0
        visit(shape, strides) { place in
            for k in 0..<size { result[target + k] = bytes[place * size + k] }
            target += size
        }
        return result
    }

    public static func spread(
        _ values: [UInt8], into bytes: UnsafeMutableRawBufferPointer, shape: [Int], strides: [Int], size: Int
    ) {
        var source = 0
        visit(shape, strides) { place in
            for k in 0..<size { bytes[place * size + k] = values[source + k] }
            source += size
        }
    }

    /// Every element's place, the last axis fastest.
    private static func visit(_ shape: [Int], _ strides: [Int], _ body: (Int) -> Void) {
        guard let side = shape.last, let step = strides.last else { return body(0) }
        func rows(_ axis: Int, _ start: Int) {
            if axis == shape.count - 1 {
                for index in 0..<side { body(start + index * step) }
                return
            }
            for index in 0..<shape[axis] { rows(axis + 1, start + index * strides[axis]) }
        }
        rows(0, 0)
    }
}
