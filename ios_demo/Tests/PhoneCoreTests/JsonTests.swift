import Testing

@testable import PhoneCore

@Suite struct JsonTests {
    private func parsed(_ text: String) throws -> Json { try Json(parsing: Array(text.utf8)) }

    @Test(arguments: [
        ("1", Json.integer(1)), ("1.0", .number(1)), ("1e0", .number(1)), ("-0", .integer(0)), ("true", .bool(true)),
        ("9007199254740993", .integer(9_007_199_254_740_993)), ("99999999999999999999", .number(1e20)),
        ("1e-05", .number(0.00001)), (" null\n", .null), ("[ ]", .array([])), ("{ }", .object([:])),
        (#""\u00e9\ud83d\udc31\/\n""#, .text("é🐱/\n")),
        (#"{"a": [1, {"b": 0.5}]}"#, .object(["a": .array([.integer(1), .object(["b": .number(0.5)])])])),
    ])
    func reads(_ text: String, _ expected: Json) throws {
        #expect(try parsed(text) == expected)
    }

    @Test(arguments: [
        "", " ", "01", "1.", ".5", "+1", "1e", "-", "NaN", "Infinity", "tru", "'a'", "[1,]", "{\"a\":1,}", "{a:1}",
        "[1 2]",
        "\"", "\"\\x\"", "\"\\u12g4\"", "\"\\ud83d\"", "\"\\ud83d\\u0041\"", "\"\u{1}\"", "1 1", "{\"a\" 1}",
        "\u{feff}1",
    ])
    func refuses(_ text: String) {
        #expect(throws: JsonError.self) { try parsed(text) }
    }

    @Test func refusesDepthAndWrongBytes() {
        #expect(throws: JsonError.self) { try parsed(String(repeating: "[", count: 100_000)) }
        #expect(throws: JsonError.self) { try Json(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: JsonError.self) { try Json(parsing: [0x22, 0xC0, 0x80, 0x22]) }
    }

    @Test func writesWhatItReads() throws {
        let value = Json.object([
            "a": .array([.integer(-3), .number(0.1), .number(1e-9), .number(1e300), .number(.leastNonzeroMagnitude)]),
            "b\u{1}\"": .object([:]), "c": .array([.object(["d": .null]), .array([])]), "e": .text("\\é🐱\t"),
            "f": .bool(false),
        ])
        #expect(try parsed(value.line()) == value)
    }
}
