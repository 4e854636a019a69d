import Foundation

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What the digests and the import ask of the file system, by its own calls: Foundation's follow links and normalise
/// names.
enum Files {
    enum Kind: Equatable {
        case nothing, link, folder, file, other
    }

    /// What is at a path; a link is not followed.
    static func kind(_ path: String) -> Kind {
        var status = stat()
        guard lstat(path, &status) == 0 else { return .nothing }
        switch status.st_mode & S_IFMT {
        case S_IFLNK: return .link
        case S_IFDIR: return .folder
        case S_IFREG: return .file
        default: return .other
        }
    }

    /// Bytes of a file; 0 where there is none.
    static func size(_ path: String) -> Int {
        var status = stat()
        return lstat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Every file, link or other thing below a folder that is no folder: paths relative to it, sorted by their bytes.
    /// Throws `DigestError`: a name that is not UTF-8, or a folder that cannot be read.
    static func below(_ folder: String) throws -> [String] {
        try unsorted(folder, "").sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func unsorted(_ folder: String, _ prefix: String) throws -> [String] {
        try names(folder).flatMap { name in
            let path = folder + "/" + name
            return kind(path) == .folder ? try unsorted(path, prefix + name + "/") : [prefix + name]
        }
    }

    private static func names(_ folder: String) throws -> [String] {
        guard let stream = opendir(folder) else {
            throw DigestError(refusal: .unreadable, reason: "the system does not let it be read")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix(while: { $0 != 0 })) }
            let name = String(decoding: bytes, as: UTF8.self)
            guard name.utf8.elementsEqual(bytes) else {
                throw DigestError(refusal: .badName, reason: "a name below it is not UTF-8")
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// All bytes of a file; throws where the system does not let it be read.
    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
