import Foundation
import Testing

@testable import PhoneCore

/// Reading and refusing: the codes of tests/vectors.
@Suite struct BundleTests {
    @Test func digests() throws {
        for one in Vectors.cases("digests.json") {
            let folder = try TemporaryFolder()
            let place = folder.path + "/it"
            if let file = one["file"] {
                let content = Array(repeatElement(file["base64"]!.base64, count: file["times"]!.int).joined())
                try folder.write("it", content)
            } else {
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                for (name, content) in one["files"]!.members { try folder.write("it/" + name, content.base64) }
                for name in one["folders"]?.list ?? [] {
                    try FileManager.default.createDirectory(
                        atPath: place + "/" + name.string, withIntermediateDirectories: true)
                }
                for (name, target) in one["links"]?.members ?? [:] {
                    try FileManager.default.createSymbolicLink(
                        atPath: place + "/" + name, withDestinationPath: target.string)
                }
            }
            if let refusal = one["refusal"] {
                var found: DigestError?
                do { _ = try Digest.of(path: place) } catch let error as DigestError { found = error }
                #expect(found?.refusal.rawValue == refusal.string, "\(one)")
                continue
            }
            let found = try Digest.of(path: place)
            #expect(found.sha256 == one["sha256"]!.string, "\(one["name"]!)")
            #expect(found.size == one["size"]!.int)
            #expect(try Digest.size(path: place) == found.size)
        }
    }

    @Test func aDigestOfPiecesIsThatOfTheWhole() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for cut in [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 999] {
            var hash = Sha256()
            hash.update(Array(bytes[..<cut]))
            hash.update(Array(bytes[cut...]))
            #expect(hash.finish() == Digest.of(bytes))
        }
    }

    @Test func labels() throws {
        for one in Vectors.cases("labels.json") {
            guard let expected = one["labels"], expected != .null else {
                #expect(throws: LabelsError.self, "\(one)") { try Labels.parse(one["base64"]!.base64) }
                continue
            }
            #expect(try Labels.parse(one["base64"]!.base64) == expected.list.map(\.string))
        }
    }

    @Test func bundles() throws {
        for one in Vectors.cases("bundles.json") {
            let folder = try TemporaryFolder()
            let path = folder.path + "/bundle"
            try FileManager.default.copyItem(
                atPath: Vectors.folder.appendingPathComponent("bundle").path, toPath: path)
            for edit in one["edits"]!.list { try make(edit, in: path) }
            let expected = one["refusals"]!.list.map { "\($0["code"]!.string) \($0["file"]!.string)" }
            var found: [String] = []
            do { _ = try ModelBundle(reading: path) } catch let refused as RefusedBundle {
                for problem in refused.problems {
                    let pair = "\(problem.refusal.rawValue) \(problem.file)"
                    if !found.contains(pair) { found.append(pair) }
                }
            }
            #expect(found == expected, "\(one["name"]!.string)")
        }
    }

    private func make(_ edit: Json, in path: String) throws {
        let place = path + "/" + edit["file"]!.string
        let files = FileManager.default
        switch edit["edit"]!.string {
        case "write": try Data(edit["base64"]!.base64).write(to: URL(fileURLWithPath: place))
        case "replace":
            let text = try String(contentsOfFile: place, encoding: .utf8)
            let parts = text.components(separatedBy: edit["old"]!.string)
            #expect(parts.count == 2)
            try parts.joined(separator: edit["new"]!.string).write(toFile: place, atomically: true, encoding: .utf8)
        case "remove": try files.removeItem(atPath: place)
        case "folder": try files.createDirectory(atPath: place, withIntermediateDirectories: true)
        case "link": try files.createSymbolicLink(atPath: place, withDestinationPath: edit["to"]!.string)
        default: Issue.record("an unknown edit: \(edit)")
        }
    }
}
