import Testing

@testable import PhoneCore

/// From a picture to the network's input, and to an artifact's: the bits of tests/vectors.
@Suite struct PictureTests {
    @Test func sizes() throws {
        let cases = Vectors.cases("sizes.json")
        #expect(cases.count == 1000)
        for one in cases {
            let (picture, rule, crop) = (one["picture"]!.ints, one["resize"]!, one["crop"]!)
            let resize = Resize(
                rule: Resize.Rule(rawValue: rule["rule"]!.string)!, height: rule["height"]!.int,
                width: rule["width"]!.int, interpolation: .bicubic, antialias: true)
            let seen = Crop(
                position: Crop.Position(rawValue: crop["position"]!.string)!, height: crop["height"]!.int,
                width: crop["width"]!.int, fill: nil)
            let size = resize.size(picture[0], picture[1])
            let start = seen.start(size.height, size.width)
            #expect([size.height, size.width] == one["scaled"]!.ints, "\(one)")
            #expect([start.top, start.left] == one["start"]!.ints, "\(one)")
        }
    }

    @Test func taps() throws {
        for one in Vectors.cases("taps.json") {
            let (count, size) = (one["inputs"]!.int, one["outputs"]!.int)
            let interpolation = Resize.Interpolation(rawValue: one["interpolation"]!.string)!
            for tap in one["taps"]!.list {
                let x = tap["x"]!.int
                let found = Resize.taps(count, size, interpolation, x..<x + 1)[0]
                #expect(found.first == tap["first"]!.int, "\(count) to \(size), \(interpolation), \(x)")
                #expect(found.weights.map(Int.init) == tap["weights"]!.ints, "\(count) to \(size), \(x)")
            }
        }
    }

    @Test func resize() throws {
        for one in Vectors.cases("resize.json") {
            let (source, result) = (one["source"]!.picture, one["result"]!.picture)
            let interpolation = Resize.Interpolation(rawValue: one["interpolation"]!.string)!
            func part(_ rows: Range<Int>, _ columns: Range<Int>) -> Picture {
                Resize.part(
                    of: source, height: result.height, width: result.width, interpolation, rows: rows,
                    columns: columns)
            }
            #expect(part(0..<result.height, 0..<result.width) == result)
            let middle = part(result.height / 2..<result.height / 2 + 1, result.width / 2..<result.width / 2 + 1)
            let place = (result.height / 2 * result.width + result.width / 2) * 3
            #expect(middle.rgb == Array(result.rgb[place..<place + 3]), "a part has other pixels than the whole")
        }
    }

    @Test func preprocess() throws {
        for one in Vectors.cases("preprocess.json") {
            let preprocessing = try Preprocessing(one["preprocessing"]!.field())
            let pixels = preprocessing.pixels(one["source"]!.picture)
            #expect(pixels == one["pixels"]!.picture)
            #expect(preprocessing.tensor(pixels).differing(from: one["tensor"]!.tensor) == 0)
        }
    }

    @Test func normalise() throws {
        let grey = Picture(height: 256, width: 1, rgb: (0..<256).flatMap { [UInt8($0), UInt8($0), UInt8($0)] })
        for one in Vectors.cases("normalise.json") {
            let found = Values([256, 3], floats: normalised(grey, one["mean"]!.doubles, one["std"]!.doubles))
            #expect(found.differing(from: one["result"]!.tensor) == 0)
        }
    }

    @Test func layouts() throws {
        for one in Vectors.cases("layouts.json") {
            var own = one["own"]!.members
            own["name"] = .text("own")
            if one["what"]!.string == "input" {
                own["input"] = .text("declared")
                let found = try ArtifactInput(Json.object(own).field()).tensor(one["pixels"]!.picture)
                #expect(found.differing(from: one["values"]!.tensor) == 0, "\(own)")
                continue
            }
            own["output"] = .text("declared")
            let result = one["result"]!.tensor
            let declared = Output(
                name: "declared", shape: result.shape, dtype: result.dtype,
                layout: Layout(rawValue: one["layout"]!.string)!, role: "features", meaning: "features")
            let found = try ArtifactOutput(Json.object(own).field()).networkOutput(declared, one["values"]!.tensor)
            #expect(found.differing(from: result) == 0, "\(own)")
        }
    }

    @Test func bgraRowsMayBeLonger() {
        let pixels = Values(.uint8, [1, 2, 1, 3], bytes: [1, 2, 3, 4, 5, 6])
        var buffer = [UInt8](repeating: 9, count: 16)
        buffer.withUnsafeMutableBytes { writeBgra(pixels, to: $0, bytesPerRow: 8) }
        #expect(buffer == [3, 2, 1, 255, 9, 9, 9, 9, 6, 5, 4, 255, 9, 9, 9, 9])
    }

    @Test func alphaIsLaidOverWhite() {
        let rgba: [UInt8] = [0, 100, 255, 0, 0, 100, 255, 128, 7, 7, 7, 7, 0, 100, 255, 255]
        let picture = rgba.withUnsafeBytes { Picture(height: 1, width: 2, rgba: $0, bytesPerRow: 12) }
        #expect(picture.rgb == [255, 255, 255, 127, 177, 255])
    }

    #if arch(arm64) || os(Linux)
        @Test func halvesAreSwiftsOwn() {
            for bits in UInt16.min...UInt16.max {
                let expected = Float(Float16(bitPattern: bits))
                #expect(float(half: bits) == expected || expected.isNaN && float(half: bits).isNaN, "\(bits)")
            }
            var random = SystemRandomNumberGenerator()
            for _ in 0..<100_000 {
                let value = Float(bitPattern: UInt32.random(in: 0x3300_0000...0x4780_0000, using: &random))
                #expect(half(Double(value)) == Float16(value).bitPattern, "\(value)")
                #expect(half(Double(-value)) == Float16(-value).bitPattern, "\(-value)")
            }
        }
    #endif
}
