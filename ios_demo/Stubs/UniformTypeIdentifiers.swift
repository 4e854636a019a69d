// Stub of Uniform Type Identifiers: only what App/ uses, to check its types on Linux. Nothing is computed here. The
// declarations are Apple's, on the page above each.

// https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct
public struct UTType: Sendable {
    // https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct/init(exportedas:conformingto:)
    public init(exportedAs identifier: String, conformingTo parentType: UTType? = nil) {}
    // https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct/folder
    public static var folder: UTType { fatalError() }
    // https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct/zip
    public static var zip: UTType { fatalError() }
}
