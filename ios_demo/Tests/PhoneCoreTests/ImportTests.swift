import Foundation
import Testing

@testable import PhoneCore

/// Bundles come into the app whole or not at all.
@Suite struct ImportTests {
    private let bundle = Vectors.folder.appendingPathComponent("bundle").path

    /// A zip file of stored entries, as `efficientmod pack` writes it; the arguments break it.
    private func zip(
        _ entries: [(name: String, content: [UInt8])], method: Int = 0, flags: Int = 0, mode: Int = 0o100644,
        wrongCrc: Bool = false, localName: String? = nil
    ) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for entry in entries {
            var crc = Crc32()
            crc.update(entry.content)
            let sum = Int(wrongCrc ? crc.value ^ 1 : crc.value)
            let sizes = little(sum, 4) + little(entry.content.count, 4) + little(entry.content.count, 4)
            let head = little(20, 2) + little(flags, 2) + little(method, 2) + little(0, 4) + sizes
            let name = Array(entry.name.utf8)
            let offset = file.count
            let own = Array((localName ?? entry.name).utf8)
            file += little(0x0403_4B50, 4) + head + little(own.count, 2) + little(0, 2) + own + entry.content
            directory += little(0x0201_4B50, 4) + little(3 << 8 | 20, 2) + head + little(name.count, 2) + little(0, 8)
            directory += little(mode << 16, 4) + little(offset, 4) + name
        }
        let counts = little(entries.count, 2) + little(entries.count, 2)
        return file + directory + little(0x0605_4B50, 4) + little(0, 4) + counts + little(directory.count, 4)
            + little(file.count, 4) + little(0, 2)
    }

    private func packed() throws -> [(name: String, content: [UInt8])] {
        let manifest = try ModelBundle(opening: bundle).manifest
        let files = try manifest.files.flatMap { listed in
            guard listed.isFolder else { return [listed.stored.file] }
            return try Files.below(bundle + "/" + listed.stored.file).map { listed.stored.file + "/" + $0 }
        }
        return try ([ModelBundle.manifestName] + files).map { ($0, try Files.bytes(bundle + "/" + $0)) }
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

    @Test func aZipFile() throws {
        let found = try imported(zip(packed()))
        let source = try ModelBundle(opening: bundle)
        #expect(found.manifest == source.manifest)
    }

    @Test func aZipFileWithAComment() throws {
        var file = zip(try packed())
        file[file.count - 2] = 3
        _ = try imported(file + [1, 2, 3])
    }

    @Test(arguments: [
        "../evil", "/evil", "a/../../evil", "a//b", "./a", "a\\b", ".hidden", "model_fp16.mlpackage/../../evil",
        "model_fp16.mlpackage//x", "model_fp16.mlpackage/.", "MANIFEST.JSON", "model.tflite",
    ])
    func refusesANameThatIsNoPathOfABundle(_ name: String) throws {
        #expect(throws: ZipError.self) { try imported(zip(try packed() + [(name, [1])])) }
    }

    @Test func refusesWhatIsNotStoredPlainly() throws {
        let entries = try packed()
        let broken = [
            zip(entries, method: 8), zip(entries, flags: 1), zip(entries, flags: 8), zip(entries, mode: 0o120777),
            zip(entries, wrongCrc: true), zip(entries, localName: "other"), zip(entries.reversed()), zip([]),
            Array(zip(entries).dropLast(30)), Array(zip(entries).dropFirst(10)), Array("no zip file at all".utf8), [],
        ]
        for file in broken { #expect(throws: ZipError.self) { try imported(file) } }
    }

    @Test func refusesAZipFileOfADamagedBundle() throws {
        let entries = try packed().map { ($0.name, $0.name == "model.tflite" ? [1, 2, 3, 4, 5, 6] : $0.content) }
        #expect(throws: RefusedBundle.self) { try imported(zip(entries)) }
        #expect(throws: RefusedBundle.self) { try imported(zip(try packed().filter { $0.name != "labels.txt" })) }
    }
}
