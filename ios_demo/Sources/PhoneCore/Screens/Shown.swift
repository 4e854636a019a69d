/// What a colour says: something holds, is wrong, needs care, does not count, or goes on; plain says nothing.
public enum Tone: String, Sendable { case plain, good, bad, warning, off, busy }

/// A few words in a coloured shape.
public struct Chip: Equatable, Sendable {
    public let text: String
    public let tone: Tone
}

/// A message above a screen's content; `lines` say more.
public struct Banner: Equatable, Sendable {
    public let title: String
    public let lines: [String]
    public let tone: Tone
}

/// A value with its name.
public struct Fact: Equatable, Sendable {
    public let label: String
    public let value: String
}

/// A button; one that is not enabled says why.
public struct Button: Equatable, Sendable {
    public var text: String
    public var enabled = true
    public var why: String?
}

/// What a screen shows that has nothing to show yet; `button` leads on.
public struct Empty: Equatable, Sendable {
    public let title: String
    public let text: String
    public let button: Button?
}

/// One of several choices.
public struct Choice: Equatable, Sendable {
    public let id: String
    public let text: String
    public let chosen: Bool
}
