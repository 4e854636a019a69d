/// One output pixel of an axis's resize: the first input that it reads, and the weights from there.
public struct Tap: Equatable, Sendable {
    public let first: Int
    public let weights: [Int32]
}

private let weightBits: Int32 = 22

extension Resize {
    /// The taps of outputs `range` of an axis from `count` to `size` pixels.
    public static func taps(_ count: Int, _ size: Int, _ interpolation: Interpolation, _ range: Range<Int>) -> [Tap] {
        let scale = Double(count) / Double(size)
        guard interpolation != .nearest else { return nearest(scale, range) }
        let factor = max(scale, 1)
        let support = (interpolation == .bicubic ? 2 : 1) * factor
        return range.map { x in
            let centre = (Double(x) + 0.5) * scale
            let first = max(0, Int((centre - support + 0.5).rounded(.towardZero)))
            let last = min(count, Int((centre + support + 0.5).rounded(.towardZero)))
            let weights = (first..<last).map { kernel((Double($0) - centre + 0.5) * (1 / factor), interpolation) }
            var total = 0.0
            for weight in weights { total += weight }
            return Tap(first: first, weights: weights.map { integer($0 / total) })
        }
    }

    /// A running sum, as the format has it, and not a product.
    private static func nearest(_ scale: Double, _ range: Range<Int>) -> [Tap] {
        var position = 0.5 * scale
        var taps: [Tap] = []
        for x in 0..<range.upperBound {
            if x >= range.lowerBound { taps.append(Tap(first: Int(position), weights: [1 << weightBits])) }
            position += scale
        }
        return taps
    }

    /// A weight in units of 2^-22; halves go away from zero.
    private static func integer(_ weight: Double) -> Int32 {
        let scaled = weight * Double(1 << weightBits)
        return Int32((scaled + (scaled < 0 ? -0.5 : 0.5)).rounded(.towardZero))
    }

    private static func kernel(_ distance: Double, _ interpolation: Interpolation) -> Double {
        let t = distance.magnitude
        if interpolation == .bilinear { return t < 1 ? 1 - t : 0 }
        if t < 1 { return (1.5 * t - 2.5) * t * t + 1 }
        return t < 2 ? (((t - 5) * t + 8) * t - 4) * -0.5 : 0
    }

    /// Rows `rows` and columns `columns` of the picture resized to (`height`, `width`); no other pixel is computed.
    static func part(
        of picture: Picture, height: Int, width: Int, _ interpolation: Interpolation, rows: Range<Int>,
        columns: Range<Int>
    ) -> Picture {
        let vertical = height == picture.height ? nil : taps(picture.height, height, interpolation, rows)
        let horizontal = width == picture.width ? nil : taps(picture.width, width, interpolation, columns)
        let read = vertical.map { $0.map(\.first).min()!..<$0.map { $0.first + $0.weights.count }.max()! } ?? rows
        let narrow = Picture(
            height: read.count, width: columns.count, rgb: resizeColumns(picture, horizontal, columns, read))
        guard let vertical else { return narrow }
        let rgb = resizeRows(narrow, vertical, offset: read.lowerBound)
        return Picture(height: rows.count, width: columns.count, rgb: rgb)
    }

    /// Rows `rows` with the columns `columns`, each of its tap or, without taps, as they are.
    private static func resizeColumns(
        _ picture: Picture, _ taps: [Tap]?, _ columns: Range<Int>, _ rows: Range<Int>
    ) -> [UInt8] {
        let width = columns.count
        return [UInt8](unsafeUninitializedCapacity: rows.count * width * 3) { result, count in
            count = rows.count * width * 3
            picture.rgb.withUnsafeBufferPointer { source in
                for (y, row) in rows.enumerated() {
                    let start = row * picture.width * 3
                    let target = y * width * 3
                    guard let taps else {
                        for i in 0..<width * 3 { result[target + i] = source[start + columns.lowerBound * 3 + i] }
                        continue
                    }
                    for (x, tap) in taps.enumerated() {
                        write(tap, source, start + tap.first * 3, stride: 3, result, target + x * 3)
                    }
                }
            }
        }
    }

    /// The three channels of one output pixel; its inputs lie `stride` values apart.
    @inline(__always)
    private static func write(
        _ tap: Tap, _ source: UnsafeBufferPointer<UInt8>, _ start: Int, stride: Int,
        _ result: UnsafeMutableBufferPointer<UInt8>, _ target: Int
    ) {
        var (red, green, blue) = (half, half, half)
        tap.weights.withUnsafeBufferPointer { weights in
            var at = start
            for weight in weights {
                red &+= weight &* Int32(source[at])
                green &+= weight &* Int32(source[at + 1])
                blue &+= weight &* Int32(source[at + 2])
                at += stride
            }
        }
        result[target] = byte(red)
        result[target + 1] = byte(green)
        result[target + 2] = byte(blue)
    }

    /// One row for each tap; the picture's row 0 is row `offset` of what the taps count.
    private static func resizeRows(_ picture: Picture, _ taps: [Tap], offset: Int) -> [UInt8] {
        let row = picture.width * 3
        var sums = [Int32](repeating: 0, count: row)
        return [UInt8](unsafeUninitializedCapacity: taps.count * row) { result, count in
            count = taps.count * row
            picture.rgb.withUnsafeBufferPointer { source in
                sums.withUnsafeMutableBufferPointer { sums in
                    for (y, tap) in taps.enumerated() {
                        for x in 0..<row { sums[x] = half }
                        for (index, weight) in tap.weights.enumerated() {
                            let start = (tap.first - offset + index) * row
                            for x in 0..<row { sums[x] &+= weight &* Int32(source[start + x]) }
                        }
                        for x in 0..<row { result[y * row + x] = byte(sums[x]) }
                    }
                }
            }
        }
    }

    private static let half: Int32 = 1 << (weightBits - 1)

    @inline(__always)
    private static func byte(_ sum: Int32) -> UInt8 { UInt8(max(0, min(255, sum >> weightBits))) }
}
