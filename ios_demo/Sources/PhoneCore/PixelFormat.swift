/// Why a decoded photo is not read.
public struct PixelError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
}

/// Where the channels of a pixel lie in the bytes of a CGImage, whose stored values are taken as they are: drawing it into
/// a context would match colours.
public struct PixelFormat: Equatable, Sendable {
    let bytesPerPixel: Int
    let red: Int
    let green: Int
    let blue: Int
    let alpha: Int?
    let isPremultiplied: Bool

    /// Of CGImageAlphaInfo's and CGImageByteOrderInfo's raw values; throws `PixelError`. Grey is repeated three times.
    /// https://developer.apple.com/documentation/coregraphics/cgimagealphainfo
    public init(bitsPerComponent: Int, bitsPerPixel: Int, alphaInfo: UInt32, byteOrder: UInt32) throws {
        guard bitsPerComponent == 8, [8, 24, 32].contains(bitsPerPixel) else {
            throw PixelError(description: "its pixels have \(bitsPerPixel) bits, \(bitsPerComponent) a channel")
        }
        bytesPerPixel = bitsPerPixel / 8
        let (none, premultipliedLast, premultipliedFirst, last): (UInt32, UInt32, UInt32, UInt32) = (0, 1, 2, 3)
        let (first, noneSkipFirst): (UInt32, UInt32) = (4, 6)
        isPremultiplied = alphaInfo == premultipliedLast || alphaInfo == premultipliedFirst
        let hasAlpha = isPremultiplied || alphaInfo == last || alphaInfo == first
        guard bytesPerPixel == 4 else {
            guard alphaInfo == none else { throw PixelError(description: "its pixels have an alpha and 24 bits") }
            (red, green, blue, alpha) = bytesPerPixel == 1 ? (0, 0, 0, nil) : (0, 1, 2, nil)
            return
        }
        guard alphaInfo <= noneSkipFirst else { throw PixelError(description: "its pixels are alphas alone") }
        let isFirst = [premultipliedFirst, first, noneSkipFirst].contains(alphaInfo)
        let order = isFirst ? [1, 2, 3, 0] : [0, 1, 2, 3]
        let little32: UInt32 = 2 << 12
        let places = byteOrder == little32 ? order.map { 3 - $0 } : order
        (red, green, blue, alpha) = (places[0], places[1], places[2], hasAlpha ? places[3] : nil)
    }
}

extension Picture {
    /// The stored values of a CGImage over white; throws `PixelError` where `bytes` are too few.
    public init(
        height: Int, width: Int, bytes: UnsafeRawBufferPointer, bytesPerRow: Int, _ format: PixelFormat
    ) throws {
        guard bytes.count >= (height - 1) * bytesPerRow + width * format.bytesPerPixel else {
            throw PixelError(description: "its pixels are cut off")
        }
        var rgb = [UInt8](repeating: 0, count: height * width * 3)
        for y in 0..<height {
            for x in 0..<width {
                let at = y * bytesPerRow + x * format.bytesPerPixel
                let alpha = format.alpha.map { Int(bytes[at + $0]) } ?? 255
                for (c, place) in [format.red, format.green, format.blue].enumerated() {
                    let stored = Int(bytes[at + place])
                    // A premultiplied channel is already the share that lies over white.
                    rgb[(y * width + x) * 3 + c] =
                        format.isPremultiplied ? UInt8(min(255, stored + 255 - alpha)) : overWhite(stored, alpha)
                }
            }
        }
        self.init(height: height, width: width, rgb: rgb)
    }
}
