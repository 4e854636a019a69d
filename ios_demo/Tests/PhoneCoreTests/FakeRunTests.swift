import Foundation
import Testing

@testable import PhoneCore

/// The run of tests/vectors/fake_run.json leaves the report that is there, as the Kotlin core's does.
@Suite struct FakeRunTests {
    @Test func theReportIsTheVectors() throws {
        for one in Vectors.cases("fake_run.json") {
            let (device, runtime) = try made(one)
            let manifest = runtime.bundle.manifest
            let configurations = try one["configs"]!.list.map {
                try #require(configuration($0.string, manifest, [runtime]))
            }
            let bench = Bench(runtime.bundle, [runtime], device)
            let report = try #require(bench.run(one["run_id"]!.string, try plan(one["plan"]!), configurations))
            let found = try Json(parsing: Array(report.toJson().utf8))
            #expect(differences(found, one["report"]!, "report") == [])
        }
    }

    private func made(_ one: Json) throws -> (FakeDevice, FakeRuntime) {
        let phone = one["phone"]!
        let device = FakeDevice()
        let runtime = try FakeRuntime(device)
        device.described = facts(one["app"]!, one["device"]!)
        device.thermal = { Thermal(rawValue: state(phone["thermal"]!, $0).string) }
        device.battery = { state(phone["battery_c"]!, $0).double }
        device.screen = phone["brightness"]!.double
        device.memoryKind = "rss"
        device.bytes = phone["memory"]!["before"]!.int
        device.anonBytes = phone["memory"]!["anon"]!.int
        device.fileBytes = phone["memory"]!["file"]!.int
        runtime.openNanos = phone["open_ns"]!.int
        runtime.writeNanos = phone["write_ns"]!.int
        runtime.readNanos = phone["read_ns"]!.int
        runtime.sessionBytes = phone["memory"]!["session"]!.int
        let runs = phone["run_ns"]!.ints
        runtime.cost = { runs[($0 - 1) % runs.count] }
        let scale = Float(phone["scale"]!.double)
        runtime.spoil = { Values($1.shape, floats: $1.floats.map { $0 * scale }) }
        return (device, runtime)
    }

    private func plan(_ json: Json) throws -> Plan {
        let fields = json.members.filter { $0.key != "name" }
        return try fields.reduce(Plan.quick) { plan, field in
            let text = if case .integer(let value) = field.value { String(value) } else { String(field.value.double) }
            return try plan.with(field.key, text)
        }
    }

    private func facts(_ app: Json, _ device: Json) -> DeviceFacts {
        DeviceFacts(
            app: AppFacts(
                name: app["name"]!.string, version: app["version"]!.string, debug: false,
                platform: app["platform"]!.string),
            manufacturer: device["manufacturer"]!.string, model: device["model"]!.string,
            soc: device["soc"]!.string, emulator: false, os: device["os"]!.string,
            osVersion: device["os_version"]!.string, osBuild: device["os_build"]!.string, abi: device["abi"]!.string,
            cores: device["cores"]!.int, cpuMaxKhz: device["cpu_max_khz"]!.ints, ramBytes: device["ram_bytes"]!.int,
            pageSizeBytes: device["page_size_bytes"]!.int)
    }
}

/// The last of the states that have begun: [[second, value], ...].
private func state(_ states: Json, _ seconds: Double) -> Json {
    states.list.last { $0.list[0].double <= seconds }!.list[1]
}

/// Where two documents differ; numbers are near each other, and 1 is 1.0.
private func differences(_ found: Json, _ expected: Json, _ place: String) -> [String] {
    switch (found, expected) {
    case (.object(let a), .object(let b)):
        let names = Set(a.keys).symmetricDifference(b.keys).sorted().map { "\(place) has or lacks \($0)" }
        return names + a.keys.sorted().filter { b[$0] != nil }.flatMap { differences(a[$0]!, b[$0]!, "\(place).\($0)") }
    case (.array(let a), .array(let b)) where a.count == b.count:
        return a.indices.flatMap { differences(a[$0], b[$0], "\(place).\($0)") }
    default:
        return sameNumbers(found, expected) ? [] : ["\(place) is \(short(found)), not \(short(expected))"]
    }
}

private func short(_ value: Json) -> String { String("\(value)".prefix(80)) }
