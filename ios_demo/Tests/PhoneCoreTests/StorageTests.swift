import Foundation
import Testing

@testable import PhoneCore

/// What the app remembers when its process has ended.
@MainActor @Suite struct StorageTests {
    private let device = FakeDevice()
    private let runtime: FakeRuntime
    private let folder: TemporaryFolder
    private let model: AppModel
    private let t = Texts("en")

    init() throws {
        runtime = try FakeRuntime(device)
        folder = try TemporaryFolder()
        model = started(device, runtime, folder)
    }

    @Test func whatWasProvenIsRememberedWhenTheAppStartsAgain() throws {
        runtime.opening = { if $0.mode.unit == "gpu" { throw RefusedError("3 operators outside the GPU") } }
        model.importBundle("tiny.embundle", at: runtime.bundle.path)
        model.prove()
        let again = started(device, runtime, folder)
        #expect(again.app.bundle?.sha256 == model.app.bundle?.sha256 && again.report == nil)
        #expect(again.app.proven.map(\.name) == ["tflite-fp32:cpu:float32:1"])
        #expect(bundleState(t, again.app) == bundleState(t, model.app))
        model.measure { _ in }
        let third = started(device, runtime, folder)
        #expect(third.report == model.report && third.report != nil)
        #expect(bundleState(t, third.app) == bundleState(t, model.app))
        #expect(third.app.found["tflite-fp32:cpu:float32:1"]?.phases.isEmpty == true)
    }

    @Test func aProofOfAnotherSystemRuntimeOrFileIsForgotten() throws {
        model.importBundle("tiny.embundle", at: runtime.bundle.path)
        model.prove()
        device.described = FakeDevice.phone(osBuild: "22D63")
        #expect(started(device, runtime, folder).app.found.isEmpty)
        device.described = FakeDevice.phone()
        runtime.version = "2.3.3"
        #expect(started(device, runtime, folder).app.found.isEmpty)
        runtime.version = "2.3.2"
        #expect(started(device, runtime, folder).app.found.count == 2)
        runtime.modes[1] = Mode(unit: "gpu", computePrecision: "float16", options: ["backend": "other"])
        #expect(started(device, runtime, folder).app.found.keys.sorted() == ["tflite-fp32:cpu:float32:1"])
    }

    @Test func whatCannotBeReadIsForgotten() throws {
        model.importBundle("tiny.embundle", at: runtime.bundle.path)
        model.prove()
        let digest = try #require(model.app.bundle?.sha256)
        try folder.write("remembered/found-\(digest).json", Array("{".utf8))
        try folder.write("remembered/report.json", Array("[]".utf8))
        let again = started(device, runtime, folder)
        #expect(again.app.bundle != nil && again.app.found.isEmpty && again.report == nil)
    }
}
