/// Why a golden picture cannot be read.
public struct PngError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Golden pictures: PNG files of 8-bit RGB, not interlaced, without alpha and orientation (ISO 15948). The system's decoders match colours and
/// premultiply, so these are decoded here; photos are the system's.
public enum Png {
    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Throws `PngError`.
    public static func decode(_ bytes: [UInt8]) throws -> Picture {
        guard bytes.starts(with: signature) else { throw PngError("it is no PNG file") }
        var (width, height) = (0, 0)
        var packed: [UInt8] = []
        var place = signature.count
        while place + 12 <= bytes.count {
            let length = big(bytes, place)
            let name = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
            guard place + 12 + length <= bytes.count else { throw PngError("it is cut off") }
            let content = bytes[place + 8..<place + 8 + length]
            switch name {
            case "IHDR":
                guard length == 13, Array(content.suffix(5)) == [8, 2, 0, 0, 0] else {
                    throw PngError("it is not of 8-bit RGB without interlacing")
                }
                (width, height) = (big(bytes, place + 8), big(bytes, place + 12))
            case "IDAT": packed += content
            case "tRNS", "eXIf": throw PngError("it has a transparent colour or an orientation")
            case "IEND": place = bytes.count
            default: break
            }
            place += 12 + length
        }
        guard (1...1 << 17).contains(width), (1...1 << 17).contains(height), packed.count > 6 else {
            throw PngError("it has no pixels")
        }
        // zlib's two bytes before the stream; the checksum after it is not read, since the file has a SHA-256.
        let rows = try Inflate.inflate(packed.dropFirst(2), size: height * (width * 3 + 1))
        return Picture(height: height, width: width, rgb: try unfiltered(rows, height, width * 3))
    }

    private static func big(_ bytes: [UInt8], _ place: Int) -> Int {
        bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    /// Each row has a byte for its filter; a filter adds what lies to the left, above, and to the left above.
    private static func unfiltered(_ rows: [UInt8], _ height: Int, _ width: Int) throws -> [UInt8] {
        var result = [UInt8](repeating: 0, count: height * width)
        for y in 0..<height {
            let filter = rows[y * (width + 1)]
            guard filter <= 4 else { throw PngError("it has an unknown filter") }
            for x in 0..<width {
                let left = x < 3 ? 0 : Int(result[y * width + x - 3])
                let above = y == 0 ? 0 : Int(result[(y - 1) * width + x])
                let corner = x < 3 || y == 0 ? 0 : Int(result[(y - 1) * width + x - 3])
                let added = [0, left, above, (left + above) / 2, paeth(left, above, corner)][Int(filter)]
                result[y * width + x] = UInt8(truncatingIfNeeded: Int(rows[y * (width + 1) + 1 + x]) + added)
            }
        }
        return result
    }

    private static func paeth(_ left: Int, _ above: Int, _ corner: Int) -> Int {
        let guess = left + above - corner
        let distances = ((guess - left).magnitude, (guess - above).magnitude, (guess - corner).magnitude)
        if distances.0 <= distances.1 && distances.0 <= distances.2 { return left }
        return distances.1 <= distances.2 ? above : corner
    }
}

/// DEFLATE (RFC 1951).
struct Inflate {
    private static let lengthBase = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let distanceBase = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577,
    ]
    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private let input: ArraySlice<UInt8>
    private var place: Int
    private var buffer = 0
    private var held = 0
    private var output: [UInt8] = []
    private let size: Int

    /// A stream of exactly `size` bytes; throws `PngError`.
    static func inflate(_ input: ArraySlice<UInt8>, size: Int) throws -> [UInt8] {
        var stream = Inflate(input: input, place: input.startIndex, size: size)
        while try !stream.block() {}
        guard stream.output.count == size else { throw PngError("it has too few pixels") }
        return stream.output
    }

    private init(input: ArraySlice<UInt8>, place: Int, size: Int) {
        self.input = input
        self.place = place
        self.size = size
        output.reserveCapacity(size)
    }

    private mutating func bits(_ count: Int) throws -> Int {
        while held < count {
            guard place < input.endIndex else { throw PngError("it is cut off") }
            buffer |= Int(input[place]) << held
            held += 8
            place += 1
        }
        defer {
            buffer >>= count
            held -= count
        }
        return buffer & (1 << count - 1)
    }

    /// Whether it was the last.
    private mutating func block() throws -> Bool {
        let isLast = try bits(1) == 1
        switch try bits(2) {
        case 0: try stored()
        case 1:
            let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
            try coded(Huffman(lengths), Huffman([Int](repeating: 5, count: 30)))
        case 2:
            let (literals, distances) = try codes()
            try coded(literals, distances)
        default: throw PngError("it has an unknown block")
        }
        return isLast
    }

    private mutating func append(_ byte: UInt8) throws {
        guard output.count < size else { throw PngError("it has too many pixels") }
        output.append(byte)
    }

    private mutating func stored() throws {
        _ = try bits(held % 8)
        let length = try bits(16)
        guard try bits(16) == length ^ 0xFFFF else { throw PngError("a stored block is damaged") }
        for _ in 0..<length { try append(UInt8(try bits(8))) }
    }

    private mutating func codes() throws -> (Huffman, Huffman) {
        let (literals, distances, count) = (try bits(5) + 257, try bits(5) + 1, try bits(4) + 4)
        var short = [Int](repeating: 0, count: 19)
        for symbol in Inflate.order.prefix(count) { short[symbol] = try bits(3) }
        let code = Huffman(short)
        var lengths: [Int] = []
        while lengths.count < literals + distances {
            let symbol = try decode(code)
            switch symbol {
            case 16:
                guard let last = lengths.last else { throw PngError("a code is damaged") }
                lengths += [Int](repeating: last, count: try bits(2) + 3)
            case 17: lengths += [Int](repeating: 0, count: try bits(3) + 3)
            case 18: lengths += [Int](repeating: 0, count: try bits(7) + 11)
            default: lengths.append(symbol)
            }
        }
        guard lengths.count == literals + distances else { throw PngError("a code is damaged") }
        return (Huffman(Array(lengths[..<literals])), Huffman(Array(lengths[literals...])))
    }

    private mutating func decode(_ code: Huffman) throws -> Int {
        var (value, first, index) = (0, 0, 0)
        for length in 1...15 {
            value |= try bits(1)
            let count = code.counts[length]
            if value - first < count { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw PngError("a code is damaged")
    }

    private mutating func coded(_ literals: Huffman, _ distances: Huffman) throws {
        while true {
            let symbol = try decode(literals)
            if symbol == 256 { return }
            if symbol < 256 {
                try append(UInt8(symbol))
                continue
            }
            guard symbol < 286 else { throw PngError("a code is damaged") }
            let extra = symbol < 265 || symbol == 285 ? 0 : (symbol - 261) / 4
            let length = Inflate.lengthBase[symbol - 257] + (try bits(extra))
            let far = try decode(distances)
            guard far < 30 else { throw PngError("a code is damaged") }
            let distance = Inflate.distanceBase[far] + (try bits(far < 4 ? 0 : far / 2 - 1))
            guard distance <= output.count else { throw PngError("it repeats what is not there") }
            for _ in 0..<length { try append(output[output.count - distance]) }
        }
    }
}

/// A canonical code: how many symbols have each length, and the symbols in the order of their codes.
private struct Huffman {
    var counts = [Int](repeating: 0, count: 16)
    let symbols: [Int]

    init(_ lengths: [Int]) {
        for length in lengths where length > 0 { counts[length] += 1 }
        symbols = lengths.indices.filter { lengths[$0] > 0 }.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    }
}
