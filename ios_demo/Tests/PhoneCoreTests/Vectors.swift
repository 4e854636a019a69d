import Foundation

@testable import PhoneCore

/// The cases of tests/vectors, which every language's reader has to pass.
enum Vectors {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let folder = repository.appendingPathComponent("tests/vectors")

    static func json(_ name: String) -> Json {
        try! Json(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent(name))))
    }

    static func cases(_ name: String) -> [Json] { json(name).list }
}

extension Json {
    var list: [Json] {
        guard case .array(let values) = self else { fatalError("no array: \(self)") }
        return values
    }

    var members: [String: Json] {
        guard case .object(let members) = self else { fatalError("no object: \(self)") }
        return members
    }

    var string: String {
        guard case .text(let text) = self else { fatalError("no text: \(self)") }
        return text
    }

    var int: Int {
        guard case .integer(let value) = self else { fatalError("no integer: \(self)") }
        return value
    }

    var double: Double {
        switch self {
        case .integer(let value): return Double(value)
        case .number(let value): return value
        default: fatalError("no number: \(self)")
        }
    }

    var truth: Bool { self == .bool(true) }

    var ints: [Int] { list.map(\.int) }

    var doubles: [Double] { list.map(\.double) }

    var base64: [UInt8] { [UInt8](Data(base64Encoded: string)!) }

    /// `{"shape", "dtype", "base64"}`.
    var tensor: Values {
        Values(Dtype(rawValue: self["dtype"]!.string)!, self["shape"]!.ints, bytes: self["base64"]!.base64)
    }

    /// The same as a picture, (height, width, 3).
    var picture: Picture {
        let tensor = tensor
        return Picture(height: tensor.shape[0], width: tensor.shape[1], rgb: tensor.bytes)
    }

    func field(_ path: String = "case") -> Field { Field(value: self, path: path, file: "case") }
}

/// Within 1e-9 of the expected value, or 1e-12 near 0, as tests/vectors/README.md has it.
func near(_ found: Double, _ expected: Double) -> Bool {
    (found - expected).magnitude <= max(1e-12, 1e-9 * expected.magnitude)
}

/// A folder that is removed with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("PhoneCore-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ content: [UInt8]) throws {
        let place = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: place)
    }
}
