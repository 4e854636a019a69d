import Foundation

/// A JSON value (RFC 8259). Foundation's JSONSerialization does not tell 1 from 1.0 or from true on every platform,
/// and the contract does.
public enum Json: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number without fraction and exponent.
    case integer(Int)
    case number(Double)
    case text(String)
    case array([Json])
    case object([String: Json])
}

/// Why a text is no JSON.
public struct JsonError: Error, Equatable, Sendable, CustomStringConvertible {
    public let offset: Int
    public let reason: String

    public var description: String { "\(reason) at byte \(offset)" }
}

extension Json {
    /// Parses a whole UTF-8 document; throws `JsonError`.
    public init(parsing bytes: [UInt8]) throws {
        var parser = JsonParser(bytes)
        self = try parser.document()
    }

    public subscript(key: String) -> Json? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }
}

private struct JsonParser {
    private static let deepest = 200
    private let bytes: [UInt8]
    private var place = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws -> Json {
        guard String(decoding: bytes, as: UTF8.self).utf8.elementsEqual(bytes) else { throw fail("not UTF-8") }
        let value = try value()
        skipBlanks()
        guard place == bytes.count else { throw fail("text after the document") }
        return value
    }

    private func fail(_ reason: String) -> JsonError { JsonError(offset: place, reason: reason) }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipBlanks() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { place += 1 }
    }

    private mutating func take(_ character: Character) -> Bool {
        guard next == character.asciiValue else { return false }
        place += 1
        return true
    }

    private mutating func value() throws -> Json {
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return try nested { try $0.object() }
        case UInt8(ascii: "["): return try nested { try $0.array() }
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(_ parse: (inout JsonParser) throws -> Json) throws -> Json {
        guard depth < JsonParser.deepest else { throw fail("more than \(JsonParser.deepest) levels") }
        depth += 1
        place += 1
        defer { depth -= 1 }
        return try parse(&self)
    }

    private mutating func word(_ word: String, _ value: Json) throws -> Json {
        guard bytes[place...].starts(with: word.utf8) else { throw fail("no value") }
        place += word.utf8.count
        return value
    }

    private mutating func array() throws -> Json {
        var values: [Json] = []
        skipBlanks()
        if take("]") { return .array(values) }
        while true {
            values.append(try value())
            skipBlanks()
            if take("]") { return .array(values) }
            guard take(",") else { throw fail("no comma in an array") }
        }
    }

    private mutating func object() throws -> Json {
        var members: [String: Json] = [:]
        skipBlanks()
        if take("}") { return .object(members) }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw fail("no name in an object") }
            let name = try text()
            skipBlanks()
            guard take(":") else { throw fail("no colon after a name") }
            members[name] = try value()
            skipBlanks()
            if take("}") { return .object(members) }
            guard take(",") else { throw fail("no comma in an object") }
        }
    }

    private mutating func text() throws -> String {
        place += 1
        var units: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
            case UInt8(ascii: "\\"): units.append(contentsOf: try escape().utf8)
            case 0..<0x20: throw fail("a control character in a text")
            default: units.append(byte)
            }
        }
        throw fail("a text without an end")
    }

    private mutating func escape() throws -> String {
        let escapes: [UInt8: String] = [
            0x22: "\"", 0x5C: "\\", 0x2F: "/", 0x62: "\u{8}", 0x66: "\u{C}", 0x6E: "\n", 0x72: "\r", 0x74: "\t",
        ]
        guard let byte = next else { throw fail("a text without an end") }
        place += 1
        if let known = escapes[byte] { return known }
        guard byte == UInt8(ascii: "u") else { throw fail("an unknown escape") }
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return String(scalar) }
        guard (0xD800..<0xDC00).contains(first), take("\\"), take("u") else { throw fail("half a surrogate pair") }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw fail("half a surrogate pair") }
        return String(scalar)
    }

    private mutating func hexadecimal() throws -> UInt32 {
        let digits = bytes[place...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw fail("no four hexadecimal digits") }
        place += 4
        return value
    }

    private mutating func number() throws -> Json {
        let start = place
        _ = take("-")
        if !take("0") { try digits() }
        var isInteger = true
        if take(".") {
            isInteger = false
            try digits()
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if isInteger, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text) else { throw fail("no number") }
        return .number(number)
    }

    private mutating func digits() throws {
        let start = place
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
        guard place > start else { throw fail("no value") }
    }
}

extension Json {
    /// One line, names sorted, numbers in their shortest form. Numbers must be finite.
    public func line() -> String {
        var result = ""
        write(to: &result)
        return result
    }

    private func write(to result: inout String) {
        switch self {
        case .null: result += "null"
        case .bool(let value): result += value ? "true" : "false"
        case .integer(let value): result += String(value)
        case .number(let value):
            precondition(value.isFinite, "JSON has no NaN and no infinity")
            result += String(value)
        case .text(let value): Json.write(value, to: &result)
        case .array(let values):
            result += "["
            for (index, value) in values.enumerated() {
                if index > 0 { result += ", " }
                value.write(to: &result)
            }
            result += "]"
        case .object(let members):
            result += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { result += ", " }
                Json.write(member.key, to: &result)
                result += ": "
                member.value.write(to: &result)
            }
            result += "}"
        }
    }

    private static func write(_ text: String, to result: inout String) {
        result += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        result += "\""
    }
}
