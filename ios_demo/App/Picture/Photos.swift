import CoreGraphics
import Foundation
import ImageIO
import PhoneCore

/// Photos by the values that the system's decoder stored: nothing is drawn, so no colour is matched.
enum Photos {
    static func isJpeg(_ data: Data) -> Bool { data.starts(with: [0xFF, 0xD8]) }

    /// The first picture in a file, upright.
    static func decode(_ data: Data) throws -> Picture {
        guard let source = CGImageSourceCreateWithData(data as CFData, nil),
            let image = CGImageSourceCreateImageAtIndex(source, 0, nil),
            let stored = image.dataProvider?.data as Data?
        else { throw RefusedError("it is no picture that this system reads") }
        let properties = CGImageSourceCopyPropertiesAtIndex(source, 0, nil) as? [CFString: Any]
        let orientation = properties?[kCGImagePropertyOrientation] as? Int ?? 1
        let format = try PixelFormat(
            bitsPerComponent: image.bitsPerComponent, bitsPerPixel: image.bitsPerPixel,
            alphaInfo: image.alphaInfo.rawValue, byteOrder: image.byteOrderInfo.rawValue)
        let picture = try stored.withUnsafeBytes {
            try Picture(height: image.height, width: image.width, bytes: $0, bytesPerRow: image.bytesPerRow, format)
        }
        return picture.upright(from: orientation)
    }

    /// A picture of the core as one that a screen shows.
    static func image(_ picture: Picture) -> CGImage? {
        guard let provider = CGDataProvider(data: Data(picture.rgb) as CFData) else { return nil }
        return CGImage(
            width: picture.width, height: picture.height, bitsPerComponent: 8, bitsPerPixel: 24,
            bytesPerRow: picture.width * 3, space: CGColorSpaceCreateDeviceRGB(),
            bitmapInfo: CGBitmapInfo(rawValue: CGImageAlphaInfo.none.rawValue), provider: provider, decode: nil,
            shouldInterpolate: false, intent: .defaultIntent)
    }
}
