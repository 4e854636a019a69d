import Foundation

/// A bundle on disk. `sha256` is that of its `manifest.json`, which names the SHA-256 of every other file.
public struct ModelBundle: Sendable {
    public static let manifestName = "manifest.json"

    /// The folder.
    public let path: String
    public let manifest: Manifest
    public let sha256: String

    /// Reads the manifest alone; throws `RefusedBundle`.
    public init(opening path: String) throws {
        let file = ModelBundle.manifestName
        let place = path + "/" + file
        func refused(_ refusal: Refusal, _ text: String) -> RefusedBundle {
            RefusedBundle(problems: [Problem(refusal, file, text)])
        }
        guard FileManager.default.fileExists(atPath: place), Files.kind(place) != .folder else {
            throw refused(.noManifest, "there is none")
        }
        guard let content = try? Files.bytes(place) else {
            throw refused(.unreadable, "the system does not let it be read")
        }
        let document: Json
        do { document = try Json(parsing: content) } catch { throw refused(.notJson, "it is not JSON (\(error))") }
        try ModelBundle.checkVersion(document, refused)
        let manifest = try Manifest(Field(value: document, path: "", file: file))
        let contradictions = Contradictions(in: manifest).found
        guard contradictions.isEmpty else {
            throw RefusedBundle(problems: contradictions.map { Problem(.contradiction, file, $0) })
        }
        self.path = path
        self.manifest = manifest
        sha256 = Digest.of(content)
    }

    /// Reads the manifest and checks every file; throws `RefusedBundle` with all problems.
    public init(reading path: String) throws {
        try self.init(opening: path)
        let problems = checkFiles()
        guard problems.isEmpty else { throw RefusedBundle(problems: problems) }
    }

    private static func checkVersion(_ document: Json, _ refused: (Refusal, String) -> RefusedBundle) throws {
        guard case .text(let version)? = document["format_version"] else {
            throw refused(.noFormatVersion, "it has no format_version such as 1.0")
        }
        let parts = version.utf8.split(separator: 0x2E, omittingEmptySubsequences: false).map(Array.init)
        let isNumber = { (part: [UInt8]) in
            !part.isEmpty && part.allSatisfy { (0x30...0x39).contains($0) } && (part.count == 1 || part[0] != 0x30)
        }
        guard parts.count == 2, parts.allSatisfy(isNumber) else {
            throw refused(.noFormatVersion, "it has no format_version such as 1.0")
        }
        guard parts[0] == [0x31] else {
            throw refused(
                .unknownMajorVersion, "its format version is \(version), and this app reads 1.0 and other versions 1.x")
        }
    }

    /// The path of a file that the manifest lists.
    public func path(of stored: StoredFile) -> String { path + "/" + stored.file }

    /// The problems of all files that the manifest lists, and of the labels.
    public func checkFiles() -> [Problem] {
        var problems = manifest.files.compactMap(check)
        if let labels = manifest.labels, !problems.contains(where: { $0.file == labels.stored.file }) {
            do { _ = try readLabels() } catch { problems.append(Problem(.badLabels, labels.stored.file, "\(error)")) }
        }
        return problems
    }

    /// The problem of one listed file; nil where it is as the manifest states.
    public func check(_ listed: Listed) -> Problem? {
        do {
            return try compare(listed).map { Problem($0.0, listed.stored.file, $0.1) }
        } catch let error as DigestError {
            return Problem(error.refusal, listed.stored.file, error.reason)
        } catch {
            return Problem(.unreadable, listed.stored.file, "\(error)")
        }
    }

    private func compare(_ listed: Listed) throws -> (Refusal, String)? {
        let stored = listed.stored
        var way = path
        for segment in stored.file.split(separator: "/") {
            way += "/" + segment
            if Files.kind(way) == .link { return (.link, "it is a symbolic link, or in a linked folder") }
        }
        switch Files.kind(way) {
        case .nothing: return (.missingFile, "it is missing")
        case .folder where listed.isFolder, .file where !listed.isFolder: break
        default: return (.wrongKind, "it is a folder in place of a file, or a file in place of a folder")
        }
        guard try Digest.size(path: way) == stored.size else {
            return (.sizeMismatch, "its size is not the \(stored.size) bytes that the manifest states")
        }
        guard try Digest.of(path: way).sha256 == stored.sha256 else {
            return (.digestMismatch, "its SHA-256 is not the one that the manifest states")
        }
        return nil
    }

    /// The class names, label i for score i; nil where there are none. Throws `LabelsError`.
    public func readLabels() throws -> [String]? {
        guard let labels = manifest.labels else { return nil }
        let names = try Labels.parse(try Files.bytes(path(of: labels.stored)))
        guard names.count == labels.count else {
            throw LabelsError(reason: "it has \(names.count) lines, but the manifest states \(labels.count)")
        }
        return names
    }
}

/// Why a labels file is refused.
public struct LabelsError: Error, Equatable, Sendable, CustomStringConvertible {
    public let reason: String
    public var description: String { reason }
}

extension Labels {
    /// The names in a labels file (docs/bundle_format.md, "Labels"); throws `LabelsError`.
    public static func parse(_ content: [UInt8]) throws -> [String] {
        guard String(decoding: content, as: UTF8.self).utf8.elementsEqual(content) else {
            throw LabelsError(reason: "it is not UTF-8")
        }
        guard !content.starts(with: [0xEF, 0xBB, 0xBF]) else {
            throw LabelsError(reason: "it begins with a byte order mark")
        }
        guard content.last == 0x0A else { throw LabelsError(reason: "its last line has no line feed") }
        let lines = content.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let isLabel = !line.isEmpty && line.first != 0x20 && line.last != 0x20
            guard isLabel, !line.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                throw LabelsError(
                    reason: "line \(index + 1) is empty, begins or ends with a blank, or contains a control character")
            }
        }
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }
}
