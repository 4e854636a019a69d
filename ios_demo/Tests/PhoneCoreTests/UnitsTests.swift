import Foundation
import Testing

@testable import PhoneCore

/// Core ML's choices of compute units, each a configuration of its own, on a fake device.
@Suite struct UnitsTests {
    private let device = FakeDevice()
    private let runtime: FakeRuntime
    private let bundle: ModelBundle
    private let folder: TemporaryFolder

    /// A bundle with tight limits for float32 on the CPU, and wide ones for float16 on the GPU and the Neural Engine.
    init() throws {
        runtime = try FakeRuntime(device)
        runtime.modes = ["cpu", "gpu", "neural_engine", "all"].flatMap { unit in
            ["float16", "float32"].map { Mode(unit: unit, computePrecision: $0) }
        }
        folder = try TemporaryFolder()
        let place = folder.path + "/bundle"
        try FileManager.default.copyItem(atPath: runtime.bundle.path, toPath: place)
        let manifest = try Json(parsing: try Files.bytes(place + "/manifest.json"))
        let rows = [
            UnitsTests.row("cpu", "float32", 1e-6), UnitsTests.row("gpu", "float16", 1e-2),
            UnitsTests.row("neural_engine", "float16", 2e-2),
        ]
        guard case .object(var root) = manifest, case .object(var artifact)? = root["artifacts"]?.list[0] else {
            throw RefusedError("the vectors' manifest has another form")
        }
        artifact["proofs"] = .array(rows)
        root["artifacts"] = .array([.object(artifact)])
        try folder.write("bundle/manifest.json", Array(Json.object(root).line().utf8))
        bundle = try ModelBundle(reading: place)
    }

    private static func row(_ unit: String, _ precision: String, _ error: Double) -> Json {
        .object([
            "unit": .text(unit), "compute_precision": .text(precision), "threads": .null,
            "state": .text("interpreted"),
            "reason": .text("nobody has run it"),
            "limits": .object([
                "max_relative_error": .number(error), "mean_relative_error": .number(error), "cosine": .number(0.99),
                "sqnr_db": .number(20), "displacement": .number(0.1),
            ]),
        ])
    }

    @Test func eachHasTheLimitsOfItsUnitAndArithmetic() {
        let artifact = bundle.manifest.artifacts[0]
        #expect(
            configurations(bundle.manifest, [runtime]).map(\.name) == [
                "tflite-fp32:cpu:float32", "tflite-fp32:gpu:float16", "tflite-fp32:neural_engine:float16",
                "tflite-fp32:all:float16", "tflite-fp32:all:float32",
            ])
        #expect(artifact.limits("cpu", "float32")?.maxRelativeError == 1e-6)
        #expect(artifact.limits("gpu", "float16")?.maxRelativeError == 1e-2)
        // The unit that computes least exactly is the Neural Engine; in float32 only the CPU has a row.
        #expect(artifact.limits("all", "float16")?.maxRelativeError == 2e-2)
        #expect(artifact.limits("all", "float32")?.maxRelativeError == 1e-6)
        #expect(artifact.limits("cpu", "float16") == nil && artifact.limits("gpu", "float32") == nil)
    }

    @Test func whatIsNotProvenIsNotMeasured() throws {
        runtime.spoil = { Values($1.shape, floats: $1.floats.map { $0 * 1.001 }) }
        let all = configurations(bundle.manifest, [runtime])
        let report = try #require(Bench(bundle, [runtime], device).run("r", .quick, all))
        let states = Dictionary(uniqueKeysWithValues: report.configs.map { ($0.configuration.name, $0.state) })
        #expect(
            states == [
                "tflite-fp32:cpu:float32": .failed, "tflite-fp32:gpu:float16": .measured,
                "tflite-fp32:neural_engine:float16": .measured, "tflite-fp32:all:float16": .measured,
                "tflite-fp32:all:float32": .failed,
            ])
        #expect(report.configs.allSatisfy { $0.phases.isEmpty == ($0.state == .failed) })
    }
}
