import Foundation

@testable import PhoneCore

/// A device whose time passes only where somebody sleeps, and where a fake session runs.
final class FakeDevice: PhoneCore.Platform, PhoneCore.Clock, Thermals, Power, Memory, PhoneCore.Device, Reports,
    @unchecked Sendable
{
    var time = 1_000_000_000
    var described = FakeDevice.phone
    /// What each is at a time in seconds since the start.
    var thermal: (Double) -> Thermal? = { _ in .nominal }
    var battery: (Double) -> Double? = { _ in 27 }
    var saver: (Double) -> Bool? = { _ in false }
    var bytes = 100_000_000
    var memoryKind = "phys_footprint"
    var anonBytes: Int?
    var fileBytes: Int?
    var screen = 0.5
    var files: [String: [String]] = [:]

    static let phone = phone()

    static func phone(debug: Bool = false, emulator: Bool = false, osBuild: String = "22C152") -> DeviceFacts {
        DeviceFacts(
            app: AppFacts(name: "io.github.efficientmod.demo", version: "1.0", debug: debug, platform: "ios"),
            manufacturer: "Apple", model: "iPhone17,1", soc: nil, emulator: emulator, os: "iOS", osVersion: "18.2",
            osBuild: osBuild, abi: "arm64", cores: 6, cpuMaxKhz: nil, ramBytes: 8 << 30, pageSizeBytes: 16384)
    }

    var clock: any PhoneCore.Clock { self }
    var thermals: any Thermals { self }
    var power: any Power { self }
    var memory: any Memory { self }
    var device: any PhoneCore.Device { self }
    var reports: any Reports { self }

    private var seconds: Double { Double(time) / 1e9 - 1 }

    func nanos() -> Int { time }
    func now() -> Date { Date(timeIntervalSince1970: 1_795_771_805.75) }
    func sleep(_ nanos: Int) { time += nanos }
    func status() -> Thermal? { thermal(seconds) }
    func headroom() -> Double? { nil }
    func batteryC() -> Double? { battery(seconds) }
    func charging() -> Bool? { false }
    func powerSaver() -> Bool? { saver(seconds) }
    func brightness() -> Double? { screen }
    func read() -> MemoryReading {
        MemoryReading(kind: memoryKind, bytes: bytes, anonBytes: anonBytes, fileBytes: fileBytes)
    }
    func facts() -> DeviceFacts { described }
    func write(run: String, name: String, text: String) { files[name, default: []].append(text) }
}

/// A runtime that knows what the vector bundle's reference gave for each input, and gives it back.
final class FakeRuntime: Runtime, @unchecked Sendable {
    let name = "LiteRT"
    var version = "2.3.2"
    let targets: Set<String> = ["tflite"]
    let dtypes: Set<Dtype> = [.float32]
    let device: FakeDevice
    let bundle: ModelBundle
    let golden: Golden
    var openNanos = 30_000_000
    var writeNanos = 100_000
    var readNanos = 20_000
    var sessionBytes = 1_000_000
    /// What a call costs, by the number of the call, from 1 on.
    var cost: (Int) -> Int = { 4_000_000 + $0 % 7 * 10_000 }
    /// What a session gives in place of an output, by the number of the call.
    var spoil: (Int, Values) throws -> Values = { $1 }
    var opening: (Configuration) throws -> Void = { _ in }
    var software = false
    var modes = [
        Mode(unit: "cpu", computePrecision: "float32", choosesThreads: true),
        Mode(unit: "gpu", computePrecision: "float16"),
    ]
    var calls = 0
    var opened: [String] = []

    init(_ device: FakeDevice) throws {
        self.device = device
        bundle = try ModelBundle(reading: Vectors.folder.appendingPathComponent("bundle").path)
        golden = try Golden(bundle)
    }

    func modes(_ artifact: Artifact) -> [Mode] { modes }

    func open(_ path: String, _ configuration: Configuration) throws -> any Session {
        try opening(configuration)
        opened.append(configuration.name)
        device.time += openNanos
        device.bytes += sessionBytes
        return FakeSession(self, configuration)
    }
}

final class FakeSession: Session {
    private let runtime: FakeRuntime
    private let artifact: Artifact
    private var inputs: [Values] = []
    let facts: SessionFacts

    init(_ runtime: FakeRuntime, _ configuration: Configuration) {
        self.runtime = runtime
        artifact = configuration.artifact
        var facts = SessionFacts(backends: ["fake"], computePrecision: configuration.mode.computePrecision)
        facts.software = runtime.software
        self.facts = facts
    }

    func write(_ inputs: [Values]) {
        self.inputs = inputs
        runtime.device.time += runtime.writeNanos
    }

    func run() {
        runtime.calls += 1
        runtime.device.time += runtime.cost(runtime.calls)
    }

    func read() throws -> [Values] {
        runtime.device.time += runtime.readNanos
        let known = runtime.golden.inputs(artifact, runtime.bundle.manifest)
        let sample = runtime.golden.samples[known.firstIndex(of: inputs)!]
        return try artifact.outputs.map { own in
            let index = runtime.bundle.manifest.outputs.firstIndex { $0.name == own.output }!
            let values = sample.outputs[index].laidOut(
                from: runtime.bundle.manifest.outputs[index].layout, to: own.layout)
            return try runtime.spoil(runtime.calls, values)
        }
    }

    func close() { runtime.device.bytes -= runtime.sessionBytes }
}

/// The app as it starts, with what it left in `folder`; all of it happens on the calling thread.
@MainActor func started(_ device: FakeDevice, _ runtime: FakeRuntime, _ folder: TemporaryFolder) -> AppModel {
    let here: @Sendable (@escaping Threads.Work) -> Void = { $0() }
    let threads = Threads(main: { work in MainActor.assumeIsolated { work() } }, runner: here, files: here)
    return AppModel(device, [runtime], folder.path + "/bundles", Storage(folder.path + "/remembered"), threads)
}

extension AppModel {
    func importBundle(_ name: String, at path: String) {
        importBundle(name) { try Import.bundle(path, into: $0) }
    }
}
