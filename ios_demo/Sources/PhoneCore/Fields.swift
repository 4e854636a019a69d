/// A value of the manifest and where it is, such as `artifacts.0.file`. What reads it throws `RefusedBundle`.
struct Field {
    static let largest = 1 << 53 - 1
    let value: Json
    let path: String
    let file: String

    func refused(_ code: Refusal, _ text: String) -> RefusedBundle {
        RefusedBundle(problems: [Problem(code, file, text, field: path)])
    }

    private func wrong(_ expected: String) -> RefusedBundle { refused(.wrongValue, "it is not \(expected)") }

    /// A member of an object; it must be there, and may be null.
    func callAsFunction(_ name: String) throws -> Field {
        guard case .object(let members) = value else { throw wrong("an object") }
        let inner = path.isEmpty ? name : "\(path).\(name)"
        guard let member = members[name] else {
            throw RefusedBundle(problems: [Problem(.missingField, file, "the field is missing", field: inner)])
        }
        return Field(value: member, path: inner, file: file)
    }

    func list<T>(least: Int = 0, _ read: (Field) throws -> T) throws -> [T] {
        guard case .array(let values) = value else { throw wrong("an array") }
        guard values.count >= least else { throw wrong("an array of at least \(least)") }
        return try values.enumerated().map { try read(Field(value: $1, path: "\(path).\($0)", file: file)) }
    }

    func orNull<T>(_ read: (Field) throws -> T) throws -> T? { value == .null ? nil : try read(self) }

    func integer(_ range: ClosedRange<Int>) throws -> Int {
        guard case .integer(let number) = value, range.contains(number) else {
            throw wrong("an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func side() throws -> Int { try integer(1...(1 << 31 - 1)) }

    func size() throws -> Int { try integer(0...Field.largest) }

    func double(above: Double? = nil, atLeast: Double? = nil) throws -> Double {
        let number: Double
        switch value {
        case .integer(let integer): number = Double(integer)
        case .number(let double): number = double
        default: throw wrong("a number")
        }
        guard number.isFinite, above.map({ number > $0 }) ?? true, atLeast.map({ number >= $0 }) ?? true else {
            throw wrong("a number in its range")
        }
        return number
    }

    func three<T>(_ read: (Field) throws -> T) throws -> [T] {
        let values = try list(read)
        guard values.count == 3 else { throw wrong("an array of three") }
        return values
    }

    func bool() throws -> Bool {
        guard case .bool(let truth) = value else { throw wrong("true or false") }
        return truth
    }

    private func string() throws -> String {
        guard case .text(let text) = value else { throw wrong("a text") }
        return text
    }

    /// A text that is not empty.
    func text() throws -> String {
        let text = try string()
        guard !text.isEmpty else { throw wrong("a text with a character") }
        return text
    }

    /// A word of a closed vocabulary.
    func choice<T: RawRepresentable & CaseIterable>(_: T.Type) throws -> T where T.RawValue == String {
        guard let choice = T(rawValue: try string()) else {
            throw wrong("one of \(T.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    func constant(_ expected: String) throws {
        guard try string() == expected else { throw wrong(expected) }
    }

    /// A word of an open vocabulary.
    func word() throws -> String {
        let parts = try string().utf8.split(omittingEmptySubsequences: false) { $0 == 0x5F || $0 == 0x2D }
        let plain = parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isLowerOrDigit) }
        guard plain, let first = parts.first?.first, !isDigit(first) else { throw wrong("a lower-case word") }
        return try string()
    }

    /// A name of an input, an output or a sample.
    func name() throws -> String {
        let parts = try string().utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
        let plain = parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isWordByte) }
        guard plain, let first = parts.first?.first, !isDigit(first) else { throw wrong("a name") }
        return try string()
    }

    func sha256() throws -> String {
        let text = try string()
        guard text.utf8.count == 64, text.utf8.allSatisfy({ isDigit($0) || (0x61...0x66).contains($0) }) else {
            throw wrong("64 lower-case hexadecimal digits")
        }
        return text
    }

    /// A path below the bundle's folder.
    func bundlePath() throws -> String {
        let text = try string()
        guard Field.isPlain(path: text) else {
            throw refused(.pathOutside, "it is not a plain path below the bundle's folder")
        }
        return text
    }

    /// Whether each segment is `[A-Za-z0-9_][A-Za-z0-9._-]*`.
    static func isPlain(path: String) -> Bool {
        path.utf8.split(separator: 0x2F, omittingEmptySubsequences: false).allSatisfy { segment in
            guard let first = segment.first, isWordByte(first) else { return false }
            return segment.allSatisfy { isWordByte($0) || $0 == 0x2E || $0 == 0x2D }
        }
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
private func isLowerOrDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x7A).contains(byte) }
private func isWordByte(_ byte: UInt8) -> Bool {
    isLowerOrDigit(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F
}
