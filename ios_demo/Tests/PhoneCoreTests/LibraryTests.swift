import Foundation
@testable import PhoneCore
import Testing

/// The ten lines of ios_demo/README.md, with a runtime that says what it is given.
@Suite struct LibraryTests {
    private let folder = Vectors.folder.appendingPathComponent("bundle").path

    @Test func tenLines() throws {
        let device = FakeDevice()
        let runtime = try FakeRuntime(device)
        // README: begin
        let bundle = try ModelBundle(reading: folder)
        let bench = Bench(bundle, [runtime], device)
        for configuration in configurations(bundle.manifest, [runtime]) {
            let found = bench.prove(configuration)
            guard found.isProven else { throw NotProven(reason: found.reason?.text) }
            let report = bench.run(UUID().uuidString.lowercased(), .quick, [configuration])
            print(configuration.name, report?.configs[0].latency?.p50Ms ?? .nan, "ms")
            try report?.toJson().write(toFile: "report.json", atomically: true, encoding: .utf8)
        }
        // README: end
        let written = try Data(contentsOf: URL(fileURLWithPath: "report.json"))
        try FileManager.default.removeItem(atPath: "report.json")
        #expect(try Json(parsing: [UInt8](written))["configs"]?.list[0]["state"] == .text("measured"))
    }
}

struct NotProven: Error {
    let reason: String?
}
