/// What the app knows; every screen is a function of it.
public struct AppState: Sendable {
    public var bundle: ModelBundle?
    public var importing: Importing?
    public var refused: Refused?
    public var configurations: [Configuration] = []
    public var found: [String: ReportedConfiguration] = [:]
    public var proving: Proving?

    /// Those whose outputs were proven on this phone.
    public var proven: [Configuration] { configurations.filter { found[$0.name]?.isProven == true } }
}

/// An import that goes on; `fraction` is nil where the size is unknown.
public struct Importing: Equatable, Sendable {
    public let name: String
    public let fraction: Double?
}

/// What was not imported, and why.
public struct Refused: Equatable, Sendable {
    public let name: String
    public let problems: [String]
}

/// A proof that goes on: the configuration `name`, and how many of `count` are done.
public struct Proving: Equatable, Sendable {
    public let name: String
    public let done: Int
    public let count: Int
}
