/// Why a bundle is refused: the same codes in every reader (docs/bundle_format.md, "Refusals").
public enum Refusal: String, Sendable, CaseIterable {
    case noManifest = "no_manifest"
    case unreadable
    case notJson = "not_json"
    case noFormatVersion = "no_format_version"
    case unknownMajorVersion = "unknown_major_version"
    case missingField = "missing_field"
    case wrongValue = "wrong_value"
    case pathOutside = "path_outside"
    case contradiction
    case missingFile = "missing_file"
    case wrongKind = "wrong_kind"
    case link
    case badName = "bad_name"
    case sizeMismatch = "size_mismatch"
    case digestMismatch = "digest_mismatch"
    case badLabels = "bad_labels"
}

/// One problem: its refusal, the bundle's file, a text, and the field of that file, such as `model.name`.
public struct Problem: Equatable, Sendable, CustomStringConvertible {
    public let refusal: Refusal
    public let file: String
    public let text: String
    public let field: String?

    init(_ refusal: Refusal, _ file: String, _ text: String, field: String? = nil) {
        self.refusal = refusal
        self.file = file
        self.text = text
        self.field = field
    }

    public var description: String { "\(field ?? file): \(text)" }
}

/// A bundle that cannot be used; `problems` has at least one entry.
public struct RefusedBundle: Error, Equatable, Sendable, CustomStringConvertible {
    public let problems: [Problem]

    public var description: String { problems.map(\.description).joined(separator: "; ") }
}
