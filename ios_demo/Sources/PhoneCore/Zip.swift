import Foundation

/// Why an archive is refused; the codes are those of docs/phone_report.md, ".embundle".
public struct ZipError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case notAnArchive = "not_an_archive"
        case compressedEntry = "compressed_entry"
        case pathOutside = "path_outside"
        case repeatedEntry = "repeated_entry"
        case damagedEntry = "damaged_entry"
    }

    public let code: Code
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

/// An `.embundle`: a zip file whose entries are stored, not compressed (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.4).
/// `efficientmod pack` writes such files, so that no reader needs an inflate. Larger than 4 GiB (ZIP64) is refused.
struct Zip {
    struct Entry: Equatable {
        let name: String
        let offset: Int
        let size: Int
        let crc: UInt32
    }

    private let file: FileHandle
    private let size: Int
    let entries: [Entry]

    /// Reads the central directory; throws `ZipError`.
    init(_ path: String) throws {
        guard Files.kind(path) == .file, let file = FileHandle(forReadingAtPath: path) else {
            throw ZipError(.notAnArchive, "it cannot be read")
        }
        self.file = file
        size = Files.size(path)
        let reader = Reader(file: file, size: size)
        entries = try reader.entries()
    }

    /// Passes the content of an entry on in blocks; throws `ZipError` where its CRC is another.
    func read(_ entry: Entry, _ take: ([UInt8]) throws -> Void) throws {
        let reader = Reader(file: file, size: size)
        var place = try reader.content(entry)
        let end = place + entry.size
        var crc = Crc32()
        while place < end {
            let block = try reader.bytes(place, min(Digest.block, end - place))
            crc.update(block)
            try take(block)
            place += block.count
        }
        guard crc.value == entry.crc else { throw ZipError(.damagedEntry, "\(entry.name) has another CRC") }
    }

    func close() { try? file.close() }
}

private struct Reader {
    let file: FileHandle
    let size: Int

    func bytes(_ offset: Int, _ count: Int) throws -> [UInt8] {
        guard offset >= 0, count >= 0, offset + count <= size else { throw ZipError(.notAnArchive, "it is cut off") }
        try file.seek(toOffset: UInt64(offset))
        guard let data = try file.read(upToCount: count), data.count == count else {
            if count == 0 { return [] }
            throw ZipError(.notAnArchive, "it is cut off")
        }
        return [UInt8](data)
    }

    /// The entries.
    func entries() throws -> [Zip.Entry] {
        let end = try endRecord()
        guard end.short(4) == 0, end.short(6) == 0, end.short(8) == end.short(10) else {
            throw ZipError(.notAnArchive, "it is a part of several")
        }
        let (count, length, start) = (end.short(10), end.long(12), end.long(16))
        guard count < 0xFFFF, length < 0xFFFF_FFFF, start < 0xFFFF_FFFF else {
            throw ZipError(.notAnArchive, "it is a ZIP64 file")
        }
        let directory = try bytes(start, length)
        var place = 0
        var entries: [Zip.Entry] = []
        for _ in 0..<count {
            let (entry, next) = try entry(directory, place)
            entries.append(entry)
            place = next
        }
        guard Set(entries.map { $0.name.lowercased() }).count == entries.count else {
            throw ZipError(.repeatedEntry, "a name is in it twice")
        }
        guard place == directory.count else { throw ZipError(.notAnArchive, "its directory has another size") }
        return entries
    }

    /// The end record lies before a comment of at most 65535 bytes.
    private func endRecord() throws -> [UInt8] {
        let tail = try bytes(max(0, size - 65557), min(size, 65557))
        for start in stride(from: tail.count - 22, through: 0, by: -1) where tail.long(start) == 0x0605_4B50 {
            let record = Array(tail[start...])
            if record.short(20) == record.count - 22 { return record }
        }
        throw ZipError(.notAnArchive, "it is no zip file")
    }

    private func entry(_ directory: [UInt8], _ place: Int) throws -> (Zip.Entry, Int) {
        guard place + 46 <= directory.count, directory.long(place) == 0x0201_4B50 else {
            throw ZipError(.notAnArchive, "its directory is damaged")
        }
        let nameLength = directory.short(place + 28)
        let next = place + 46 + nameLength + directory.short(place + 30) + directory.short(place + 32)
        guard next <= directory.count else { throw ZipError(.notAnArchive, "its directory is damaged") }
        let raw = Array(directory[place + 46..<place + 46 + nameLength])
        let name = String(decoding: raw, as: UTF8.self)
        guard name.utf8.elementsEqual(raw), isInside(raw) else {
            throw ZipError(.pathOutside, "\(name) is no path of a bundle")
        }
        let isEncrypted = directory.short(place + 8) & 1 == 1
        let (packed, size) = (directory.long(place + 20), directory.long(place + 24))
        guard !isEncrypted, directory.short(place + 10) == 0, packed == size else {
            throw ZipError(.compressedEntry, "\(name) is compressed; make the file with `efficientmod pack`")
        }
        guard size < 0xFFFF_FFFF else { throw ZipError(.notAnArchive, "it is a ZIP64 file") }
        let crc = UInt32(directory.long(place + 16))
        return (Zip.Entry(name: name, offset: directory.long(place + 42), size: size, crc: crc), next)
    }

    /// Whether a name leads to a file below a folder, and has no control character.
    private func isInside(_ name: [UInt8]) -> Bool {
        let segments = name.split(separator: 0x2F, omittingEmptySubsequences: false).map(Array.init)
        return !segments.contains([]) && !segments.contains([0x2E]) && !segments.contains([0x2E, 0x2E])
            && name.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x5C }
    }

    /// Where the content of an entry begins.
    func content(_ entry: Zip.Entry) throws -> Int {
        let header = try bytes(entry.offset, 30)
        guard header.long(0) == 0x0403_4B50 else {
            throw ZipError(.notAnArchive, "\(entry.name) is not where the directory says")
        }
        let nameLength = header.short(26)
        guard try bytes(entry.offset + 30, nameLength) == Array(entry.name.utf8) else {
            throw ZipError(.damagedEntry, "\(entry.name) has another name in its own header")
        }
        return entry.offset + 30 + nameLength + header.short(28)
    }
}

extension [UInt8] {
    fileprivate func short(_ place: Int) -> Int { Int(self[place]) | Int(self[place + 1]) << 8 }
    fileprivate func long(_ place: Int) -> Int { short(place) | short(place + 2) << 16 }
}

/// CRC-32 of ISO 3309, as zip files have it.
struct Crc32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    private var register: UInt32 = 0xFFFF_FFFF

    var value: UInt32 { ~register }

    mutating func update(_ bytes: [UInt8]) {
        for byte in bytes { register = register >> 8 ^ Crc32.table[Int((register ^ UInt32(byte)) & 0xFF)] }
    }
}
