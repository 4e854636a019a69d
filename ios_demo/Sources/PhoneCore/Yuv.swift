/// One plane of a camera's frame: the value of (y, x) is at y * rowStride + x * pixelStride.
public struct Plane {
    let bytes: UnsafeRawBufferPointer
    let rowStride: Int
    let pixelStride: Int

    public init(_ bytes: UnsafeRawBufferPointer, rowStride: Int, pixelStride: Int) {
        self.bytes = bytes
        self.rowStride = rowStride
        self.pixelStride = pixelStride
    }

    /// Whether a plane of `height` x `width` values lies in the bytes; the last row may end with its last value.
    func holds(_ height: Int, _ width: Int) -> Bool {
        (height - 1) * rowStride + (width - 1) * pixelStride < bytes.count
    }
}

/// A frame whose planes do not hold its pixels.
public struct FrameError: Error, Equatable, Sendable, CustomStringConvertible {
    public init() {}

    public var description: String { "a plane of a frame is shorter than its size needs" }
}

/// A full-range 4:2:0 frame of JFIF's YCbCr: docs/phone_report.md, "Camera frames".
public struct YuvFrame {
    let width: Int
    let height: Int
    let y: Plane
    let cb: Plane
    let cr: Plane

    public init(width: Int, height: Int, y: Plane, cb: Plane, cr: Plane) {
        self.width = width
        self.height = height
        self.y = y
        self.cb = cb
        self.cr = cr
    }

    /// The upright picture of a frame that must be turned clockwise by `rotation` degrees; throws `FrameError`.
    public func picture(rotation: Int) throws -> Picture {
        let (halfHeight, halfWidth) = ((height + 1) / 2, (width + 1) / 2)
        guard y.holds(height, width), cb.holds(halfHeight, halfWidth), cr.holds(halfHeight, halfWidth) else {
            throw FrameError()
        }
        let turned = rotation == 90 || rotation == 270
        let (outHeight, outWidth) = turned ? (width, height) : (height, width)
        let rgb = [UInt8](unsafeUninitializedCapacity: width * height * 3) { result, count in
            count = width * height * 3
            for row in 0..<height {
                for column in 0..<width {
                    let (toRow, toColumn) =
                        switch rotation {
                        case 90: (column, height - 1 - row)
                        case 180: (height - 1 - row, width - 1 - column)
                        case 270: (width - 1 - column, row)
                        default: (row, column)
                        }
                    write(row, column, to: result, at: (toRow * outWidth + toColumn) * 3)
                }
            }
        }
        return Picture(height: outHeight, width: outWidth, rgb: rgb)
    }

    @inline(__always)
    private func write(_ row: Int, _ column: Int, to result: UnsafeMutableBufferPointer<UInt8>, at place: Int) {
        let chroma = { (plane: Plane) in
            Int32(plane.bytes[row / 2 * plane.rowStride + column / 2 * plane.pixelStride]) - 128
        }
        let luma = Int32(y.bytes[row * y.rowStride + column * y.pixelStride]) * 65536 + 32768
        let (blue, red) = (chroma(cb), chroma(cr))
        result[place] = byte(luma + 91881 * red)
        result[place + 1] = byte(luma - 22554 * blue - 46802 * red)
        result[place + 2] = byte(luma + 116130 * blue)
    }

    @inline(__always)
    private func byte(_ sum: Int32) -> UInt8 { UInt8(max(0, min(255, sum >> 16))) }
}
