// Stub of Core Graphics: only what App/ uses, to check its types on Linux. Nothing is computed here. The
// declarations are Apple's, on the page above each.
import Foundation

// https://developer.apple.com/documentation/corefoundation/cfdata
public typealias CFData = Data  // Apple bridges with `as`, which Linux does not.
// https://developer.apple.com/documentation/corefoundation/cfstring
public typealias CFString = String
// https://developer.apple.com/documentation/corefoundation/cfdictionary
public typealias CFDictionary = [AnyHashable: Any]
// https://developer.apple.com/documentation/coregraphics/cgimagealphainfo
public enum CGImageAlphaInfo: UInt32, Sendable {
    case none, premultipliedLast, premultipliedFirst, last, first, noneSkipLast, noneSkipFirst, alphaOnly
}
// https://developer.apple.com/documentation/coregraphics/cgimagebyteorderinfo
public enum CGImageByteOrderInfo: UInt32, Sendable {
    case orderMask = 0x7000
    case orderDefault = 0
    case order16Little = 0x1000
    case order32Little = 0x2000
    case order16Big = 0x3000
    case order32Big = 0x4000
}
// https://developer.apple.com/documentation/coregraphics/cgbitmapinfo
public struct CGBitmapInfo: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
}
// https://developer.apple.com/documentation/coregraphics/cgcolorspace
public final class CGColorSpace {}
// https://developer.apple.com/documentation/coregraphics/cgcolorspacecreatedevicergb()
public func CGColorSpaceCreateDeviceRGB() -> CGColorSpace { fatalError() }
// https://developer.apple.com/documentation/coregraphics/cgcolorrenderingintent
public enum CGColorRenderingIntent: Int32, Sendable {
    case defaultIntent, absoluteColorimetric, relativeColorimetric, perceptual, saturation
}
// https://developer.apple.com/documentation/coregraphics/cgdataprovider
public final class CGDataProvider {
    // https://developer.apple.com/documentation/coregraphics/cgdataprovider/init(data:)
    public init?(data: CFData) {}
    // https://developer.apple.com/documentation/coregraphics/cgdataprovider/data
    public var data: CFData? { fatalError() }
}
// https://developer.apple.com/documentation/coregraphics/cgimage
public final class CGImage {
    // https://developer.apple.com/documentation/coregraphics/cgimage/init(width:height:bitspercomponent:bitsperpixel:bytesperrow:space:bitmapinfo:provider:decode:shouldinterpolate:intent:)
    public init?(
        width: Int, height: Int, bitsPerComponent: Int, bitsPerPixel: Int, bytesPerRow: Int, space: CGColorSpace,
        bitmapInfo: CGBitmapInfo, provider: CGDataProvider, decode: UnsafePointer<CGFloat>?, shouldInterpolate: Bool,
        intent: CGColorRenderingIntent
    ) {}
    // https://developer.apple.com/documentation/coregraphics/cgimage/height
    public var height: Int { fatalError() }
    // https://developer.apple.com/documentation/coregraphics/cgimage/width
    public var width: Int { fatalError() }
    // https://developer.apple.com/documentation/coregraphics/cgimage/bitspercomponent
    public var bitsPerComponent: Int { fatalError() }
    // https://developer.apple.com/documentation/coregraphics/cgimage/bitsperpixel
    public var bitsPerPixel: Int { fatalError() }
    // https://developer.apple.com/documentation/coregraphics/cgimage/bytesperrow
    public var bytesPerRow: Int { fatalError() }
    // https://developer.apple.com/documentation/coregraphics/cgimage/alphainfo
    public var alphaInfo: CGImageAlphaInfo { fatalError() }
    // https://developer.apple.com/documentation/coregraphics/cgimage/byteorderinfo
    public var byteOrderInfo: CGImageByteOrderInfo { fatalError() }
    // https://developer.apple.com/documentation/coregraphics/cgimage/dataprovider
    public var dataProvider: CGDataProvider? { fatalError() }
}
