import Foundation

/// What the app remembers after its process ended, in files of a private folder. What cannot be read is forgotten.
public struct Storage: Sendable {
    private struct Found: Codable {
        let stamp: String
        let configurations: [ReportedConfiguration]
    }

    private let folder: URL

    public init(_ folder: String) { self.folder = URL(fileURLWithPath: folder) }

    /// The digest of the bundle that was open.
    var current: String? {
        get { read("current") }
        nonmutating set { write("current", newValue) }
    }

    /// The report of the last run.
    var report: Report? {
        get { read("report") }
        nonmutating set { write("report", newValue) }
    }

    /// What was proven of those `configurations` of the bundle with this digest, by name; nothing where another app, runtime
    /// or system proved it: `stamp` names these. A configuration has its artifact's SHA-256 and its unit.
    func found(
        _ digest: String, _ stamp: String, _ configurations: [Configuration]
    ) -> [String: ReportedConfiguration] {
        guard let found: Found = read("found-\(digest)"), found.stamp == stamp else { return [:] }
        let known = found.configurations.filter { configurations.contains($0.configuration) }
        return Dictionary(known.map { ($0.configuration.name, $0) }) { first, _ in first }
    }

    /// Remembers what was proven.
    func keep(_ digest: String, _ stamp: String, _ found: [String: ReportedConfiguration]) {
        write("found-\(digest)", Found(stamp: stamp, configurations: found.values.map(\.withoutRuns)))
    }

    private func place(_ name: String) -> URL { folder.appendingPathComponent("\(name).json") }

    private func read<Value: Decodable>(_ name: String) -> Value? {
        (try? Data(contentsOf: place(name))).flatMap { try? JSONDecoder().decode(Value.self, from: $0) }
    }

    private func write(_ name: String, _ value: some Encodable) {
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try? JSONEncoder().encode(value).write(to: place(name), options: .atomic)
    }
}

extension ReportedConfiguration {
    /// Without the raw outputs and the timings: a proof shows neither, and they are large.
    fileprivate var withoutRuns: ReportedConfiguration {
        ReportedConfiguration(
            configuration: configuration, runtimeVersion: runtimeVersion, facts: facts, state: state, reason: reason,
            replay: replay.map {
                Replay(
                    preprocessing: $0.preprocessing, verdict: $0.verdict, repeatable: $0.repeatable, outputs: [],
                    again: $0.again)
            },
            load: nil, waits: [], phases: [], memory: nil)
    }
}
