import Foundation

/// Brings a bundle into a folder of the app, whole or not at all.
public enum Import {
    /// A bundle's folder, a folder with one bundle in it, or an `.embundle`. Only files that the manifest lists are copied. Returns the bundle in
    /// `folder/<its digest>`, which is replaced where it is damaged; throws `RefusedBundle` or `ZipError`.
    public static func bundle(_ path: String, into folder: String) throws -> ModelBundle {
        let files = FileManager.default
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let partial = folder + "/.partial-\(UUID().uuidString)"
        defer { try? files.removeItem(atPath: partial) }
        let source = Files.kind(path) == .folder ? path : partial + "/unpacked"
        if source != path { try unpack(path, to: source) }
        let whole = partial + "/whole"
        try copy(try ModelBundle(opening: root(in: source)), to: whole)
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

    /// The folder with the manifest: this one, or the only one in it that has one.
    private static func root(in folder: String) -> String {
        func isBundle(_ place: String) -> Bool {
            Files.kind(place) == .folder && Files.kind(place + "/" + ModelBundle.manifestName) == .file
        }
        if isBundle(folder) { return folder }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let inside = names.map { folder + "/" + $0 }.filter(isBundle)
        return inside.count == 1 ? inside[0] : folder
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

    /// Every entry of a zip file; all are checked before the first is written.
    private static func unpack(_ path: String, to folder: String) throws {
        let zip = try Zip(path)
        defer { zip.close() }
        let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().deletingLastPathComponent().path
        let system = try FileManager.default.attributesOfFileSystem(forPath: parent)
        let size = zip.entries.map(\.size).reduce(0, +)
        // The files are there twice until the copy is known to be whole.
        if let free = system[.systemFreeSize] as? NSNumber, 2 * size > free.intValue {
            throw CocoaError(.fileWriteOutOfSpace)
        }
        for entry in zip.entries { try write(entry, of: zip, to: folder) }
    }

    private static func write(_ entry: Zip.Entry, of zip: Zip, to folder: String) throws {
        let files = FileManager.default
        let place = URL(fileURLWithPath: folder).appendingPathComponent(entry.name)
        try files.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        guard files.createFile(atPath: place.path, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
        let file = try FileHandle(forWritingTo: place)
        defer { try? file.close() }
        try zip.read(entry) { try file.write(contentsOf: Data($0)) }
    }
}
