/// A part of a picture; all four are fractions of its sides.
public struct Part: Equatable, Sendable {
    public let left: Double
    public let top: Double
    public let right: Double
    public let bottom: Double
}

/// What the network sees of an upright frame of this size; beyond its edges where a letterbox has a border.
public func seenPart(_ preprocessing: Preprocessing, _ height: Int, _ width: Int) -> Part {
    let size = preprocessing.resize.size(height, width)
    let crop = preprocessing.crop
    let start = crop.start(size.height, size.width)
    return Part(
        left: Double(start.left) / Double(size.width), top: Double(start.top) / Double(size.height),
        right: Double(start.left + crop.width) / Double(size.width),
        bottom: Double(start.top + crop.height) / Double(size.height))
}
