import Foundation
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

    @Test func resize() throws { try resize(Vectors.cases("resize.json")) }

    /// Sizes and pictures that are others each time; run_tests makes them with Pillow.
    @Test(.enabled(if: PictureTests.randomResizes != nil, "run_tests sets PHONE_RANDOM")) func randomResizes() throws {
        let cases = try Json(parsing: try Files.bytes(PictureTests.randomResizes!)).list
        #expect(cases.count == 60)
        try resize(cases)
    }

    static let randomResizes = ProcessInfo.processInfo.environment["PHONE_RANDOM"]

    private func resize(_ cases: [Json]) throws {
        for one in cases {
            let (source, result) = (one["source"]!.picture, one["result"]!.picture)
            let interpolation = Resize.Interpolation(rawValue: one["interpolation"]!.string)!
            func part(_ rows: Range<Int>, _ columns: Range<Int>) -> Picture {
                Resize.part(
                    of: source, height: result.height, width: result.width, interpolation, rows: rows,
                    columns: columns)
            }
            #expect(part(0..<result.height, 0..<result.width) == result, "\(interpolation)")
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
            let normalisation = Normalisation(mean: one["mean"]!.doubles, std: one["std"]!.doubles)
            let found = Values([256, 3], floats: normalised(grey, normalisation))
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

    @Test func anArrayIsReadAndWrittenByItsStrides() {
        // (2, 1, 3) of two bytes each, 8 elements from one to the next, and 2 within a row.
        let (shape, strides) = ([2, 1, 3], [8, 5, 2])
        let stored = (0..<30).map { UInt8($0) }
        let packed = stored.withUnsafeBytes { Strides.packed($0, shape: shape, strides: strides, size: 2) }
        #expect(packed == [0, 1, 4, 5, 8, 9, 16, 17, 20, 21, 24, 25])
        var spread = [UInt8](repeating: 99, count: 30)
        spread.withUnsafeMutableBytes { Strides.spread(packed, into: $0, shape: shape, strides: strides, size: 2) }
        #expect(spread.withUnsafeBytes { Strides.packed($0, shape: shape, strides: strides, size: 2) } == packed)
        #expect(spread[2] == 99 && spread[10] == 99)
        let single: [UInt8] = [7, 8]
        #expect(single.withUnsafeBytes { Strides.packed($0, shape: [], strides: [], size: 2) } == [7, 8])
    }

    @Test func theStoredValuesOfAPhoto() throws {
        func picture(_ bytes: [UInt8], _ bits: Int, _ alphaInfo: UInt32, _ byteOrder: UInt32 = 0) throws -> [UInt8] {
            let format = try PixelFormat(
                bitsPerComponent: 8, bitsPerPixel: bits, alphaInfo: alphaInfo, byteOrder: byteOrder)
            return try bytes.withUnsafeBytes {
                try Picture(height: 1, width: 1, bytes: $0, bytesPerRow: 64, format).rgb
            }
        }
        let (none, premultipliedLast, last, first, skipLast, skipFirst):
            (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) =
                (0, 1, 3, 4, 5, 6)
        let little: UInt32 = 2 << 12
        #expect(try picture([1, 2, 3, 9], 32, skipLast) == [1, 2, 3])
        #expect(try picture([9, 1, 2, 3], 32, skipFirst) == [1, 2, 3])
        #expect(try picture([3, 2, 1, 9], 32, skipFirst, little) == [1, 2, 3], "BGRX")
        #expect(try picture([9, 3, 2, 1], 32, skipLast, little) == [1, 2, 3])
        #expect(try picture([1, 2, 3], 24, none) == [1, 2, 3])
        #expect(try picture([7], 8, none) == [7, 7, 7])
        #expect(try picture([0, 100, 255, 128], 32, last) == [127, 177, 255])
        #expect(try picture([128, 0, 100, 255], 32, first) == [127, 177, 255])
        #expect(try picture([0, 50, 128, 128], 32, premultipliedLast) == [127, 177, 255])
        #expect(throws: PixelError.self) { try picture([1, 2], 24, none) }
        #expect(throws: PixelError.self) { try picture([1, 2, 3, 4], 32, 7) }
        #expect(throws: PixelError.self) {
            try PixelFormat(bitsPerComponent: 16, bitsPerPixel: 64, alphaInfo: none, byteOrder: 0)
        }
    }

    @Test func orientations() {
        let stored = Picture(height: 2, width: 3, rgb: (0..<6).flatMap { [UInt8($0), 0, 0] })
        let upright: [Int: [UInt8]] = [
            1: [0, 1, 2, 3, 4, 5], 2: [2, 1, 0, 5, 4, 3], 3: [5, 4, 3, 2, 1, 0], 4: [3, 4, 5, 0, 1, 2],
            5: [0, 3, 1, 4, 2, 5], 6: [3, 0, 4, 1, 5, 2], 7: [5, 2, 4, 1, 3, 0], 8: [2, 5, 1, 4, 0, 3],
        ]
        for (orientation, reds) in upright {
            let found = stored.upright(from: orientation)
            #expect(stride(from: 0, to: 18, by: 3).map { found.rgb[$0] } == reds, "\(orientation)")
            #expect((found.height == 3) == (orientation >= 5))
        }
        #expect(stored.upright(from: 9) == stored)
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
