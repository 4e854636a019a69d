import Foundation

/// Texts of the screens in one language: those of the Android app, `texts.json`, and what iOS says otherwise or besides,
/// `texts_ios.json`. Numbers follow the language.
public struct Texts: Sendable {
    private static let narrowSpace = "\u{202F}"
    private static let kilo = 1000
    private static let mega = 1_000_000
    private static let tables: [String: [String: String]] = {
        var tables = read("texts")
        for (language, own) in read("texts_ios") { tables[language]?.merge(own) { $1 } }
        return tables
    }()

    /// "en" or "de".
    public let language: String
    private let table: [String: String]

    /// Of a language such as "de"; English where there are none.
    public init(_ language: String) {
        self.language = Texts.tables[language] == nil ? "en" : language
        table = Texts.tables[self.language]!
    }

    private static func read(_ name: String) -> [String: [String: String]] {
        guard let url = Foundation.Bundle.module.url(forResource: name, withExtension: "json"),
            let data = try? Data(contentsOf: url), case .object(let languages)? = try? Json(parsing: [UInt8](data))
        else { fatalError("the package lacks \(name).json") }
        return languages.mapValues { texts in
            guard case .object(let members) = texts else { fatalError("\(name).json has another form") }
            return members.compactMapValues { if case .text(let text) = $0 { text } else { nil } }
        }
    }

    /// The text `key`, with `{0}`, `{1}`, ... replaced.
    public func callAsFunction(_ key: String, _ arguments: String...) -> String { filled(key, arguments) }

    private func filled(_ key: String, _ arguments: [String]) -> String {
        guard let text = table[key] else { fatalError("there is no text '\(key)' in '\(language)'") }
        return arguments.enumerated().reduce(text) { $0.replacingOccurrences(of: "{\($1.offset)}", with: $1.element) }
    }

    /// The text `key.one` for a count of 1, else `key.other`; `{0}` is the count.
    func counted(_ key: String, _ count: Int, _ arguments: String...) -> String {
        filled(count == 1 ? "\(key).one" : "\(key).other", [String(count)] + arguments)
    }

    /// The text of an open vocabulary's word; nil where there is none.
    func known(_ prefix: String, _ word: String) -> String? { table[prefix + word] }

    /// With `decimals` digits, rounded half to even.
    func number(_ value: Double, _ decimals: Int) -> String {
        let number = fixed(value, decimals)
        return language == "de" ? number.replacingOccurrences(of: ".", with: ",") : number
    }

    /// Milliseconds with three digits that count, without the unit.
    func milliseconds(_ value: Double) -> String { number(value, value < 10 ? 2 : value < 100 ? 1 : 0) }

    /// Milliseconds with the unit.
    func ms(_ value: Double) -> String { milliseconds(value) + Texts.narrowSpace + "ms" }

    /// Bytes in MB (10^6), in kB below one, or as they are below that.
    func bytes(_ value: Int) -> String {
        if value < Texts.kilo { return self("bytes", String(value)) }
        return value < Texts.mega
            ? number(Double(value) / 1e3, 1) + Texts.narrowSpace + "kB"
            : number(Double(value) / 1e6, 1) + Texts.narrowSpace + "MB"
    }

    func celsius(_ value: Double) -> String { number(value, 1) + Texts.narrowSpace + "°C" }

    /// A part of 1 in percent.
    func percent(_ part: Double) -> String { number(part * 100, 1) + Texts.narrowSpace + "%" }

    /// Such as 8.2e-07; the same in every language, since people compare it with the exporter's output.
    func error(_ value: Double) -> String { scientific(value, 2) }

    /// Minutes and seconds, such as 1:05.
    func clock(_ seconds: Double) -> String {
        let whole = Int(seconds)
        return "\(whole / 60):" + (whole % 60 < 10 ? "0" : "") + "\(whole % 60)"
    }
}
