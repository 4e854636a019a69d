import Foundation
import Testing

@testable import PhoneCore

@Suite struct PngTests {
    @Test func decodesWhatPillowWrote() throws {
        let one = Vectors.cases("pictures.json").first { $0["file"]!.string == "pictures/rgb_8.png" }!
        let file = Vectors.folder.appendingPathComponent(one["file"]!.string).path
        #expect(try Png.decode(try Files.bytes(file)) == one["pixels"]!.picture)
    }

    @Test func refusesOtherKinds() throws {
        for one in Vectors.cases("pictures.json") {
            let name = one["file"]!.string
            let bytes = try Files.bytes(Vectors.folder.appendingPathComponent(name).path)
            // The first orientation is the upright one, and its file may say so or not.
            if !["pictures/rgb_8.png", "pictures/png_orientation_1.png"].contains(name) {
                #expect(throws: PngError.self, "\(name)") { try Png.decode(bytes) }
            }
        }
    }

    @Test func refusesWhatIsCutOff() throws {
        let whole = try Files.bytes(Vectors.folder.appendingPathComponent("pictures/rgb_8.png").path)
        for count in 0..<whole.count - 12 {
            #expect(throws: PngError.self, "\(count)") { try Png.decode(Array(whole[..<count])) }
        }
    }

    @Test func aStoredBlock() throws {
        let content: [UInt8] = [1, 2, 3, 4, 5]
        let stream: [UInt8] = [1, 5, 0, 0xFA, 0xFF] + content
        #expect(try Inflate.inflate(stream[...], size: 5) == content)
        #expect(throws: PngError.self) { try Inflate.inflate(stream[...], size: 4) }
        #expect(throws: PngError.self) { try Inflate.inflate(stream[...], size: 6) }
    }
}
