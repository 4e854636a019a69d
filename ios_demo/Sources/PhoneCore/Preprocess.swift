extension Resize {
    /// The (height, width) to which a picture of `height` x `width` is scaled.
    public func size(_ height: Int, _ width: Int) -> (height: Int, width: Int) {
        switch rule {
        case .stretch: return (self.height, self.width)
        case .shorterSide:
            let side = self.height
            return height <= width ? (side, side * width / height) : (side * height / width, side)
        case .cover, .letterbox:
            let ratios = (Double(height) / Double(self.height), Double(width) / Double(self.width))
            let ratio = rule == .letterbox ? max(ratios.0, ratios.1) : min(ratios.0, ratios.1)
            return (rounded(Double(height) / ratio), rounded(Double(width) / ratio))
        }
    }

    private func rounded(_ side: Double) -> Int { max(1, Int(side.rounded(.toNearestOrEven))) }
}

extension Crop {
    /// Where the crop begins in the scaled picture; negative where there is a border before it.
    public func start(_ height: Int, _ width: Int) -> (top: Int, left: Int) {
        (start(height, seen: self.height), start(width, seen: self.width))
    }

    private func start(_ count: Int, seen: Int) -> Int {
        if position == .topLeft { return 0 }
        return count >= seen ? Int((Double(count - seen) / 2).rounded(.toNearestOrEven)) : -((seen - count) / 2)
    }
}

extension Preprocessing {
    /// An upright picture, resized and cropped to (H, W): what the network sees.
    public func pixels(_ picture: Picture) -> Picture {
        let size = resize.size(picture.height, picture.width)
        let start = crop.start(size.height, size.width)
        let rows = max(0, start.top)..<min(size.height, start.top + crop.height)
        let columns = max(0, start.left)..<min(size.width, start.left + crop.width)
        let part = Resize.part(
            of: picture, height: size.height, width: size.width, resize.interpolation, rows: rows, columns: columns)
        guard let fill = crop.fill else { return part }
        return framed(part, fill, top: max(0, -start.top), left: max(0, -start.left))
    }

    private func framed(_ part: Picture, _ fill: [UInt8], top: Int, left: Int) -> Picture {
        var rgb = (0..<crop.height * crop.width).flatMap { _ in fill }
        for y in 0..<part.height {
            let target = ((top + y) * crop.width + left) * 3
            rgb.replaceSubrange(
                target..<target + part.width * 3, with: part.rgb[y * part.width * 3..<(y + 1) * part.width * 3])
        }
        return Picture(height: crop.height, width: crop.width, rgb: rgb)
    }

    /// The network's input of pixels (H, W): float32 (1, 3, H, W).
    public func tensor(_ pixels: Picture) -> Values {
        let values = Values([1, pixels.height, pixels.width, 3], floats: normalised(pixels, normalisation))
        return values.laidOut(from: .nhwc, to: .nchw)
    }
}

/// ((pixel / 255) - mean) / std, each operation rounded to float32; (H, W, 3).
func normalised(_ pixels: Picture, _ normalisation: Normalisation) -> [Float] {
    let tables = (0..<3).map { channel in
        let (mean, std) = (Float(normalisation.mean[channel]), Float(normalisation.std[channel]))
        return (0..<256).map { (Float($0) / Float(255) - mean) / std }
    }
    return [Float](unsafeUninitializedCapacity: pixels.rgb.count) { result, count in
        count = pixels.rgb.count
        for channel in 0..<3 {
            for index in stride(from: channel, to: count, by: 3) {
                result[index] = tables[channel][Int(pixels.rgb[index])]
            }
        }
    }
}

extension ArtifactInput {
    /// What the artifact takes for a picture that is resized and cropped to (H, W).
    public func tensor(_ pixels: Picture) -> Values {
        let shape = [1, pixels.height, pixels.width, 3]
        let values = normalisation.map { Values(shape, floats: normalised(pixels, $0)) }
        let own = values ?? Values(.uint8, shape, bytes: pixels.rgb)
        return own.laidOut(from: .nhwc, to: layout).converted(to: dtype)
    }

    /// What the artifact takes for the network's input, where that is no picture.
    public func tensor(_ declared: Input, _ values: Values) -> Values {
        values.laidOut(from: declared.layout, to: layout).converted(to: dtype)
    }
}

extension ArtifactOutput {
    /// An artifact's output in the layout and dtype of the network's.
    public func networkOutput(_ declared: Output, _ values: Values) -> Values {
        values.laidOut(from: layout, to: declared.layout).converted(to: declared.dtype)
    }
}

/// Writes RGB pixels, uint8 (1, H, W, 3), into a buffer of kCVPixelFormatType_32BGRA, whose rows have `bytesPerRow` bytes.
public func writeBgra(_ pixels: Values, to buffer: UnsafeMutableRawBufferPointer, bytesPerRow: Int) {
    let (height, width) = (pixels.shape[1], pixels.shape[2])
    for y in 0..<height {
        for x in 0..<width {
            let (from, to) = ((y * width + x) * 3, y * bytesPerRow + x * 4)
            buffer[to] = pixels.bytes[from + 2]
            buffer[to + 1] = pixels.bytes[from + 1]
            buffer[to + 2] = pixels.bytes[from]
            buffer[to + 3] = 255
        }
    }
}
