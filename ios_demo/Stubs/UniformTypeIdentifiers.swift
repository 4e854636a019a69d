// Stub of Uniform Type Identifiers: only what App/ uses, to check its types on Linux.

// https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct
public struct UTType: Sendable {
    // https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct/folder
    public static let folder = UTType()
    // https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct/zip
    public static let zip = UTType()
    // https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct/data
    public static let data = UTType()
}
