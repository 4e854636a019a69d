import Foundation

/// Brings a bundle into a folder of the app, whole or not at all.
public enum Import {
    /// Of all files of a bundle together; more is no bundle for a phone.
    static let largest = 4 << 30
    static let mostFiles = 10_000

    /// A bundle's folder, or an `.embundle`. Only files that the manifest lists are copied. Returns the bundle in
    /// `folder/<its digest>`, which is replaced where it is damaged; throws `RefusedBundle` or `ZipError`.
    public static func bundle(_ path: String, into folder: String) throws -> ModelBundle {
        let files = FileManager.default
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let partial = folder + "/.partial-\(UUID().uuidString)"
        defer { try? files.removeItem(atPath: partial) }
        let source = Files.kind(path) == .folder ? path : partial + "/unpacked"
        if source != path { try unpack(path, to: source) }
        let whole = partial + "/whole"
        try copy(try ModelBundle(opening: source), to: whole)
        let found = try ModelBundle(reading: whole)
        let place = folder + "/" + found.sha256
        if let there = try? ModelBundle(reading: place), there.sha256 == found.sha256 { return there }
        try? files.removeItem(atPath: place)
        try files.moveItem(atPath: whole, toPath: place)
        return try ModelBundle(opening: place)
    }

    /// The bundles in the app's folder that can be opened, the newest first.
    public static func bundles(in folder: String) -> [ModelBundle] {
        let files = FileManager.default
        let names = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }
        func date(_ name: String) -> Date {
            (try? files.attributesOfItem(atPath: folder + "/" + name))?[.modificationDate] as? Date ?? .distantPast
        }
        return names.sorted { date($0) > date($1) }.compactMap { try? ModelBundle(opening: folder + "/" + $0) }
    }

    /// Throws away what an import left that was interrupted.
    public static func clean(_ folder: String) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(".partial-") {
            try? files.removeItem(atPath: folder + "/" + name)
        }
    }

    private static func copy(_ bundle: ModelBundle, to folder: String) throws {
        let files = FileManager.default
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let manifest = ModelBundle.manifestName
        try files.copyItem(atPath: bundle.path + "/" + manifest, toPath: folder + "/" + manifest)
        let problems = bundle.checkFiles()
        guard problems.isEmpty else { throw RefusedBundle(problems: problems) }
        for listed in bundle.manifest.files {
            let place = folder + "/" + listed.stored.file
            let parent = URL(fileURLWithPath: place).deletingLastPathComponent().path
            try files.createDirectory(atPath: parent, withIntermediateDirectories: true)
            try files.copyItem(atPath: bundle.path(of: listed.stored), toPath: place)
        }
    }

    /// Every entry of a zip file (docs/phone_report.md, ".embundle"); all names are checked before the first is written,
    /// but for the manifest, which tells the folders below which names need not be plain.
    private static func unpack(_ path: String, to folder: String) throws {
        let zip = try Zip(path)
        defer { zip.close() }
        guard zip.entries.count <= mostFiles, zip.entries.map(\.size).reduce(0, +) <= largest else {
            throw ZipError("it has more than \(mostFiles) files or \(largest >> 30) GiB")
        }
        guard Set(zip.entries.map { $0.name.lowercased() }).count == zip.entries.count else {
            throw ZipError("a name is in it twice")
        }
        guard let first = zip.entries.first, first.name == ModelBundle.manifestName else {
            throw ZipError("it does not begin with \(ModelBundle.manifestName)")
        }
        try write(first, of: zip, to: folder)
        let folders = try ModelBundle(opening: folder).manifest.files.filter(\.isFolder).map { $0.stored.file + "/" }
        for entry in zip.entries where !isInside(entry.name, folders) {
            throw ZipError("\(entry.name) is no path of a bundle")
        }
        for entry in zip.entries.dropFirst() { try write(entry, of: zip, to: folder) }
    }

    private static func write(_ entry: Zip.Entry, of zip: Zip, to folder: String) throws {
        let files = FileManager.default
        let place = URL(fileURLWithPath: folder).appendingPathComponent(entry.name)
        try files.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        guard files.createFile(atPath: place.path, contents: nil) else { throw ZipError("there is no room for it") }
        let file = try FileHandle(forWritingTo: place)
        defer { try? file.close() }
        try zip.read(entry) { try file.write(contentsOf: Data($0)) }
    }

    /// Whether a name is a plain path, or lies below one of `folders` (with `/` at their ends) and does not lead out.
    private static func isInside(_ name: String, _ folders: [String]) -> Bool {
        if Field.isPlain(path: name) { return true }
        let segments = name.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
        return folders.contains(where: name.hasPrefix)
            && !name.utf8.contains { [0x5C, 0x00].contains($0) }
            && segments.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
    }
}
