/// Element types of tensors, by the manifest's words.
public enum Dtype: String, CaseIterable, Codable, Sendable {
    case float32, float16, int64, int32, int8, uint8, bool

    /// Bytes an element.
    public var size: Int {
        switch self {
        case .int64: 8
        case .float32, .int32: 4
        case .float16: 2
        case .int8, .uint8, .bool: 1
        }
    }
}

/// Values in row-major order, little-endian as in a golden file.
public struct Values: Equatable, Sendable {
    public let dtype: Dtype
    public let shape: [Int]
    public let bytes: [UInt8]

    /// The content of a golden file, or a runtime's bytes; of another count than `shape` has, they are kept as a row,
    /// which a replay tells.
    public init(_ dtype: Dtype, _ shape: [Int], bytes: [UInt8]) {
        self.dtype = dtype
        self.shape = shape.reduce(dtype.size, *) == bytes.count ? shape : [bytes.count / dtype.size]
        self.bytes = bytes
    }

    public init(_ shape: [Int], floats: [Float]) {
        self.init(.float32, shape, bytes: floats.withUnsafeBytes { [UInt8]($0) })
    }

    public var count: Int { bytes.count / dtype.size }

    /// The values of a float32 tensor.
    public var floats: [Float] {
        precondition(dtype == .float32, "a tensor of \(dtype.rawValue) has no float32 values")
        return elements { Float(bitPattern: UInt32(littleEndian: $0)) }
    }

    /// The values as doubles, whatever the dtype.
    public var doubles: [Double] {
        switch dtype {
        case .float32: elements { Double(Float(bitPattern: UInt32(littleEndian: $0))) }
        case .float16: elements { Double(float(half: UInt16(littleEndian: $0))) }
        case .int64: elements { Double(Int64(littleEndian: $0)) }
        case .int32: elements { Double(Int32(littleEndian: $0)) }
        case .int8: elements { (value: Int8) in Double(value) }
        case .uint8, .bool: elements { (value: UInt8) in Double(value) }
        }
    }

    private func elements<Element: FixedWidthInteger, Value>(_ convert: (Element) -> Value) -> [Value] {
        bytes.withUnsafeBytes { raw in
            (0..<count).map { convert(raw.loadUnaligned(fromByteOffset: $0 * dtype.size, as: Element.self)) }
        }
    }

    /// How many elements differ in a bit; all of them where dtype or shape do.
    public func differing(from other: Values) -> Int {
        guard dtype == other.dtype, shape == other.shape else { return max(count, other.count) }
        let size = dtype.size
        return (0..<count).count { index in
            bytes[index * size..<(index + 1) * size] != other.bytes[index * size..<(index + 1) * size]
        }
    }

    /// The same values with their axes in another order; (N, C, H, W) and (N, H, W, C) only.
    public func laidOut(from have: Layout, to want: Layout) -> Values {
        guard have != want, have != .any, want != .any, shape.count == 4 else { return self }
        let target = shape.laidOut(from: have, to: want)
        // Either way: the source is (n, a, b) with the groups a and b to be exchanged.
        let (a, b) = have == .nchw ? (shape[1], shape[2] * shape[3]) : (shape[1] * shape[2], shape[3])
        let size = dtype.size
        var result = [UInt8](repeating: 0, count: bytes.count)
        for n in 0..<shape[0] {
            for i in 0..<a {
                for j in 0..<b {
                    let from = ((n * a + i) * b + j) * size
                    let to = ((n * b + j) * a + i) * size
                    for k in 0..<size { result[to + k] = bytes[from + k] }
                }
            }
        }
        return Values(dtype, target, bytes: result)
    }

    /// The same values in another dtype; integers and booleans among each other, float32 and float16.
    public func converted(to want: Dtype) -> Values {
        guard want != dtype else { return self }
        switch want {
        case .float32: return Values(shape, floats: doubles.map(Float.init))
        case .float16:
            let halves = doubles.map { half($0) }
            return Values(.float16, shape, bytes: halves.withUnsafeBytes { [UInt8]($0) })
        default: return Values(want, shape, bytes: doubles.flatMap { want.bytes(Int64($0)) })
        }
    }
}

extension Dtype {
    /// An integer or boolean in this dtype.
    fileprivate func bytes(_ value: Int64) -> [UInt8] {
        let number = self == .bool ? (value == 0 ? 0 : 1) : value
        return withUnsafeBytes(of: number.littleEndian) { [UInt8]($0.prefix(size)) }
    }
}

extension [Int] {
    /// A shape with its axes in another order.
    func laidOut(from have: Layout, to want: Layout) -> [Int] {
        guard count == 4 else { return self }
        switch (have, want) {
        case (.nhwc, .nchw): return [self[0], self[3], self[1], self[2]]
        case (.nchw, .nhwc): return [self[0], self[2], self[3], self[1]]
        default: return self
        }
    }
}
