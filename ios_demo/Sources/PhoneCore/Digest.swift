import Foundation

/// Why a path has no digest.
public struct DigestError: Error, Equatable, Sendable {
    public let refusal: Refusal
    public let reason: String
}

/// SHA-256 of files and folders, as docs/bundle_format.md defines them ("Files").
public enum Digest {
    static let block = 1 << 20

    /// Lower-case hexadecimal SHA-256 of bytes.
    public static func of(_ bytes: [UInt8]) -> String {
        var hash = Sha256()
        hash.update(bytes)
        return hash.finish()
    }

    /// SHA-256 and size in bytes of a file's content, or of a folder's listing and files. Throws `DigestError`.
    public static func of(path: String) throws -> (sha256: String, size: Int) {
        switch Files.kind(path) {
        case .link: throw DigestError(refusal: .link, reason: "it is a symbolic link")
        case .folder: return try ofFolder(path)
        case .file: return try ofFile(path)
        default: throw DigestError(refusal: .wrongKind, reason: "it is not a regular file")
        }
    }

    /// Size in bytes of a file, or of all files below a folder; no content is read. Throws `DigestError`.
    public static func size(path: String) throws -> Int {
        guard Files.kind(path) == .folder else { return Files.size(path) }
        return try listed(path).map { Files.size(path + "/" + $0) }.reduce(0, +)
    }

    /// The files below a folder, where all of them can be listed.
    private static func listed(_ folder: String) throws -> [String] {
        let names = try Files.below(folder)
        for name in names {
            switch Files.kind(folder + "/" + name) {
            case .file: break
            case .link: throw DigestError(refusal: .link, reason: "\(name) below it is a symbolic link")
            default: throw DigestError(refusal: .wrongKind, reason: "\(name) below it is not a regular file")
            }
            guard !name.utf8.contains(where: { [0x5C, 0x0A, 0x0D].contains($0) }) else {
                throw DigestError(refusal: .badName, reason: "a name below it has a backslash or a line end")
            }
        }
        return names
    }

    private static func ofFile(_ path: String) throws -> (sha256: String, size: Int) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw DigestError(refusal: .unreadable, reason: "the system does not let it be read")
        }
        defer { try? file.close() }
        var hash = Sha256()
        var size = 0
        do {
            while let data = try file.read(upToCount: block), !data.isEmpty {
                hash.update([UInt8](data))
                size += data.count
            }
        } catch {
            throw DigestError(refusal: .unreadable, reason: "the system does not let it be read")
        }
        return (hash.finish(), size)
    }

    private static func ofFolder(_ path: String) throws -> (sha256: String, size: Int) {
        var listing = Sha256()
        var size = 0
        for name in try listed(path) {
            let file = try ofFile(path + "/" + name)
            listing.update(Array("\(file.sha256)  \(name)\n".utf8))
            size += file.size
        }
        return (listing.finish(), size)
    }
}
