// Stub of Image I/O: only what App/ uses, to check its types on Linux. Nothing is computed here. The
// declarations are Apple's, on the page above each.
import CoreGraphics
import Foundation

// https://developer.apple.com/documentation/imageio/cgimagesource
public final class CGImageSource {}
// https://developer.apple.com/documentation/imageio/cgimagesourcecreatewithdata(_:_:)
public func CGImageSourceCreateWithData(_: CFData, _: CFDictionary?) -> CGImageSource? { fatalError() }
// https://developer.apple.com/documentation/imageio/cgimagesourcecreateimageatindex(_:_:_:)
public func CGImageSourceCreateImageAtIndex(_: CGImageSource, _: Int, _: CFDictionary?) -> CGImage? { fatalError() }
// https://developer.apple.com/documentation/imageio/cgimagesourcecopypropertiesatindex(_:_:_:)
public func CGImageSourceCopyPropertiesAtIndex(_: CGImageSource, _: Int, _: CFDictionary?) -> CFDictionary? {
    fatalError()
}
// https://developer.apple.com/documentation/imageio/kcgimagepropertyorientation
public let kCGImagePropertyOrientation: CFString = "Orientation"
