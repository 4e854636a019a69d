/// A decoded picture, 8-bit RGB, row by row.
public struct Picture: Equatable, Sendable {
    public let height: Int
    public let width: Int
    /// height * width * 3 values.
    public let rgb: [UInt8]

    public init(height: Int, width: Int, rgb: [UInt8]) {
        precondition(rgb.count == height * width * 3 && height > 0 && width > 0, "a picture of another size")
        self.height = height
        self.width = width
        self.rgb = rgb
    }

    /// The upright picture, from one that was stored in an EXIF orientation (1 to 8; others count as 1).
    public func upright(from orientation: Int) -> Picture {
        guard (2...8).contains(orientation) else { return self }
        let (h, w) = orientation >= 5 ? (width, height) : (height, width)
        var result = [UInt8](repeating: 0, count: rgb.count)
        for y in 0..<h {
            for x in 0..<w {
                let (row, column) = source(orientation, y, x)
                for c in 0..<3 { result[(y * w + x) * 3 + c] = rgb[(row * width + column) * 3 + c] }
            }
        }
        return Picture(height: h, width: w, rgb: result)
    }

    /// Where the upright pixel (y, x) is stored.
    private func source(_ orientation: Int, _ y: Int, _ x: Int) -> (Int, Int) {
        let (bottom, right) = (height - 1, width - 1)
        switch orientation {
        case 2: return (y, right - x)
        case 3: return (bottom - y, right - x)
        case 4: return (bottom - y, x)
        case 5: return (x, y)
        case 6: return (bottom - x, y)
        case 7: return (bottom - x, right - y)
        default: return (x, right - y)
        }
    }
}

/// A channel with an alpha over white, in integers.
func overWhite(_ channel: Int, _ alpha: Int) -> UInt8 { UInt8((channel * alpha + 255 * (255 - alpha) + 127) / 255) }
