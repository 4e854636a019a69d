import Foundation
import Testing

@testable import PhoneCore

/// Bundles come into the app whole or not at all.
@Suite struct ImportTests {
    private let bundle = Vectors.folder.appendingPathComponent("bundle").path

    private var packed: [UInt8] {
        get throws { try Files.bytes(Vectors.folder.appendingPathComponent("bundle.embundle").path) }
    }

    private func imported(_ content: [UInt8]) throws -> ModelBundle {
        let folder = try TemporaryFolder()
        try folder.write("it.embundle", content)
        let place = folder.path + "/bundles"
        do {
            let found = try Import.bundle(folder.path + "/it.embundle", into: place)
            #expect(found.checkFiles().isEmpty)
            return found
        } catch {
            #expect(try FileManager.default.contentsOfDirectory(atPath: place).isEmpty, "something was left")
            throw error
        }
    }

    @Test func aFolderWithoutWhatIsNotListed() throws {
        let folder = try TemporaryFolder()
        let source = folder.path + "/source"
        try FileManager.default.copyItem(atPath: bundle, toPath: source)
        try folder.write("source/notes.txt", [1])
        let found = try Import.bundle(source, into: folder.path + "/bundles")
        #expect(found.path == folder.path + "/bundles/" + found.sha256)
        #expect(!FileManager.default.fileExists(atPath: found.path + "/notes.txt"))
        #expect(Import.bundles(in: folder.path + "/bundles").map(\.sha256) == [found.sha256])
    }

    @Test func aFolderAroundABundle() throws {
        let folder = try TemporaryFolder()
        try folder.write("source/notes.txt", [1])
        let inside = folder.path + "/source/out"
        try FileManager.default.copyItem(atPath: bundle, toPath: inside)
        #expect(try Import.bundle(folder.path + "/source", into: folder.path + "/bundles").checkFiles().isEmpty)
        try FileManager.default.copyItem(atPath: bundle, toPath: folder.path + "/source/second")
        #expect(throws: RefusedBundle.self) {
            try Import.bundle(folder.path + "/source", into: folder.path + "/others")
        }
    }

    @Test func twiceIsOnceAndADamagedOneIsReplaced() throws {
        let folder = try TemporaryFolder()
        let place = folder.path + "/bundles"
        let first = try Import.bundle(bundle, into: place)
        #expect(try Import.bundle(bundle, into: place).path == first.path)
        try FileManager.default.removeItem(atPath: first.path + "/model.tflite")
        #expect(try Import.bundle(bundle, into: place).checkFiles().isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place) == [first.sha256])
    }

    @Test func aDamagedFolderLeavesNothing() throws {
        let folder = try TemporaryFolder()
        let source = folder.path + "/source"
        try FileManager.default.copyItem(atPath: bundle, toPath: source)
        try folder.write("source/model.tflite", [1, 2, 3, 4, 5, 6])
        #expect(throws: RefusedBundle.self) { try Import.bundle(source, into: folder.path + "/bundles") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/bundles").isEmpty)
    }

    @Test func whatAnInterruptedImportLeftGoes() throws {
        let folder = try TemporaryFolder()
        try folder.write(".partial-1/model.tflite", [1])
        try folder.write("kept/manifest.json", [1])
        Import.clean(folder.path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["kept"])
    }

    @Test func aPackedBundle() throws {
        let found = try imported(packed)
        let source = try ModelBundle(opening: bundle)
        #expect(found.manifest == source.manifest && found.sha256 == source.sha256)
    }

    @Test func anArchiveWithAComment() throws {
        var file = try packed
        file[file.count - 2] = 3
        _ = try imported(file + [1, 2, 3])
    }

    @Test func archives() throws {
        for one in Vectors.cases("archives.json") {
            let folder = try TemporaryFolder()
            try folder.write("it.embundle", one["base64"]!.base64)
            var files: [String: [UInt8]] = [:]
            var refusal: String?
            do {
                let zip = try Zip(folder.path + "/it.embundle")
                defer { zip.close() }
                for entry in zip.entries {
                    files[entry.name] = []
                    try zip.read(entry) { files[entry.name]! += $0 }
                }
            } catch let error as ZipError { refusal = error.code.rawValue }
            let name = one["name"]!.string
            if case .text(let expected) = one["refusal"]! {
                #expect(refusal == expected, "\(name)")
                #expect(throws: ZipError.self, "\(name)") { try imported(one["base64"]!.base64) }
            } else {
                #expect(refusal == nil && files == one["files"]!.members.mapValues(\.base64), "\(name)")
            }
        }
    }

    @Test func anArchiveWithoutABundleLeavesNothing() throws {
        let two = Vectors.cases("archives.json").first { $0["name"] == .text("two_files") }!
        #expect(throws: RefusedBundle.self) { try imported(two["base64"]!.base64) }
    }

    @Test func aPackedBundleThatIsCutOffLeavesNothing() throws {
        let whole = try packed
        for count in stride(from: 0, to: whole.count, by: 997) {
            #expect(throws: ZipError.self) { try imported(Array(whole[..<count])) }
        }
    }
}
