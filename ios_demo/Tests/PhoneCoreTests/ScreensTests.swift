import Foundation
import Testing

@testable import PhoneCore

/// What the screens say, and what the app does, on a fake device in English and German.
@MainActor @Suite struct ScreensTests {
    private let device = FakeDevice()
    private let runtime: FakeRuntime
    private let folder: TemporaryFolder
    private let model: AppModel
    private let t = Texts("en")

    init() throws {
        runtime = try FakeRuntime(device)
        folder = try TemporaryFolder()
        model = ScreensTests.started(device, runtime, folder)
    }

    /// The app as it starts, with what it left in `folder`.
    private static func started(_ device: FakeDevice, _ runtime: FakeRuntime, _ folder: TemporaryFolder) -> AppModel {
        let here: @Sendable (@escaping Threads.Work) -> Void = { $0() }
        let threads = Threads(main: { work in MainActor.assumeIsolated { work() } }, runner: here, files: here)
        return AppModel(device, [runtime], folder.path + "/bundles", Storage(folder.path + "/remembered"), threads)
    }

    private func startedAgain() -> AppModel { ScreensTests.started(device, runtime, folder) }

    private func open() {
        let path = Vectors.folder.appendingPathComponent("bundle").path
        model.importBundle("tiny.embundle") { try Import.bundle(path, into: $0) }
    }

    private func proven() {
        open()
        model.prove()
    }

    @Test func everyTextIsThereInBothLanguages() throws {
        for name in ["texts", "texts_ios"] {
            let file = Vectors.repository.appendingPathComponent("ios_demo/Sources/PhoneCore/Resources/\(name).json")
            let tables = try Json(parsing: [UInt8](Data(contentsOf: file)))
            #expect(tables["en"]!.members.keys == tables["de"]!.members.keys)
            for (key, english) in tables["en"]!.members {
                let german = tables["de"]![key]!.string
                for place in ["{0}", "{1}", "{2}", "{3}"] {
                    #expect(english.string.contains(place) == german.contains(place), "\(key): \(place)")
                }
            }
        }
        for thermal in [Thermal.nominal, .fair, .serious, .critical] {
            #expect(!thermalName(Texts("de"), thermal).isEmpty)
        }
        #expect(Texts("fr").language == "en")
    }

    @Test func numbersFollowTheLanguage() {
        let de = Texts("de")
        #expect(t.ms(8.256) == "8.26\u{202F}ms" && de.ms(8.256) == "8,26\u{202F}ms")
        #expect(t.ms(12.345) == "12.3\u{202F}ms" && t.ms(345.6) == "346\u{202F}ms")
        #expect(t.bytes(999_949) == "999.9\u{202F}kB" && t.bytes(19_000_912) == "19.0\u{202F}MB")
        #expect(t.percent(0.8764) == "87.6\u{202F}%" && t.error(8.2e-7) == "8.2e-07" && t.clock(65.9) == "1:05")
        #expect(t.counted("bundle.classes", 1) == "1 class" && de.counted("bundle.classes", 7) == "7 Klassen")
    }

    @Test func withoutABundle() {
        let state = bundleState(t, model.app)
        #expect(state.empty?.title == "Open a bundle" && state.model == nil && state.prove == nil)
        #expect(tryState(t, model.app, model.trying).empty?.title == "No bundle yet")
        #expect(cameraState(t, model.app, model.filming).empty?.text == t("empty.no_bundle"))
        let measure = measureState(t, model.app, model.wish, model.now(), nil, hasResult: false)
        #expect(measure.empty?.button?.text == "Go to the bundle" && !measure.start.enabled)
    }

    @Test func aBundleBeforeItIsProven() {
        open()
        let state = bundleState(t, model.app)
        #expect(state.model?.weights == Chip(text: "Seeded weights: for latency only", tone: .warning))
        #expect(state.model?.task == "Classification · 16 × 24 · 7 classes")
        #expect(state.artifacts.map(\.title) == ["TFLite fp32"])
        #expect(state.artifacts[0].rows.map(\.title) == ["CPU, float32, 1 thread", "GPU, float16"])
        #expect(state.artifacts[0].rows.allSatisfy { $0.chip.text == "Not proven yet" })
        #expect(state.prove == Button(text: "Prove on this phone"))
        #expect(tryState(t, model.app, model.trying).empty?.title == "Not proven yet")
        let measure = measureState(t, model.app, model.wish, model.now(), nil, hasResult: false)
        #expect(measure.configurations.allSatisfy { !$0.enabled && $0.why == "Not proven yet" })
    }

    @Test func aBundleThatIsRefused() {
        model.importBundle("bad.embundle") { _ in try ModelBundle(reading: "/nowhere") }
        #expect(
            bundleState(t, model.app).banner
                == Banner(
                    title: "bad.embundle was not imported", lines: ["manifest.json: there is none"], tone: .bad))
    }

    @Test func proofs() {
        runtime.opening = { if $0.mode.unit == "gpu" { throw RefusedError("3 operators outside the GPU") } }
        proven()
        let rows = bundleState(t, model.app).artifacts[0].rows
        #expect(rows.map(\.chip.text) == ["Proven", "Refused"])
        #expect(rows[0].detail == "2 of 2 pictures right, largest error 0.0e+00 of the range.")
        #expect(rows[1].detail == "3 operators outside the GPU")
        #expect(bundleState(t, model.app).prove?.text == "Prove again")
        #expect(model.app.proven.map(\.name) == ["tflite-fp32:cpu:float32:1"])
    }

    @Test func whatWasProvenIsRememberedWhenTheAppStartsAgain() throws {
        runtime.opening = { if $0.mode.unit == "gpu" { throw RefusedError("3 operators outside the GPU") } }
        proven()
        let again = startedAgain()
        #expect(again.app.bundle?.sha256 == model.app.bundle?.sha256 && again.report == nil)
        #expect(again.app.proven.map(\.name) == ["tflite-fp32:cpu:float32:1"])
        #expect(bundleState(t, again.app) == bundleState(t, model.app))
        model.measure { _ in }
        let third = startedAgain()
        #expect(third.report == model.report && third.report != nil)
        #expect(bundleState(t, third.app) == bundleState(t, model.app))
        #expect(third.app.found["tflite-fp32:cpu:float32:1"]?.phases.isEmpty == true)
    }

    @Test func aProofOfAnotherSystemRuntimeOrFileIsForgotten() throws {
        proven()
        device.described = FakeDevice.phone(osBuild: "22D63")
        #expect(startedAgain().app.found.isEmpty)
        device.described = FakeDevice.phone()
        runtime.version = "2.3.3"
        #expect(startedAgain().app.found.isEmpty)
        runtime.version = "2.3.2"
        #expect(startedAgain().app.found.count == 2)
        runtime.modes[1] = Mode(unit: "gpu", computePrecision: "float16", options: ["backend": "other"])
        #expect(startedAgain().app.found.keys.sorted() == ["tflite-fp32:cpu:float32:1"])
    }

    @Test func whatCannotBeReadIsForgotten() throws {
        proven()
        let digest = try #require(model.app.bundle?.sha256)
        try folder.write("remembered/found-\(digest).json", Array("{".utf8))
        try folder.write("remembered/report.json", Array("[]".utf8))
        let again = startedAgain()
        #expect(again.app.bundle != nil && again.app.found.isEmpty && again.report == nil)
    }

    @Test func aPictureIsTried() {
        proven()
        model.trySample("wide")
        let state = tryState(t, model.app, model.trying)
        #expect(state.empty == nil && state.answers.count == 5 && state.seen?.picture.width == 24)
        #expect(state.samples.map(\.chosen) == [false, true])
        #expect(state.times.map(\.label) == ["Decode", "Resize and crop", "Network"])
        #expect(state.notes.first == "The weights are seeded: the classes mean nothing.")
        #expect(zip(state.answers, state.answers.dropFirst()).allSatisfy { $0.share >= $1.share })
        model.tryPhoto(isJpeg: true) { throw RefusedError("it is no picture") }
        let failed = tryState(t, model.app, model.trying)
        #expect(failed.banner?.lines == ["it is no picture"] && failed.seen == nil && !failed.busy)
    }

    @Test func theCamera() throws {
        proven()
        #expect(cameraState(t, model.app, model.filming).empty?.button?.text == "Allow the camera")
        model.film {
            $0.permission = .given
            $0.cameras = 2
        }
        #expect(cameraState(t, model.app, model.filming).waiting == "Waiting for the first picture…")
        let picture = try Png.decode(
            try Files.bytes(runtime.bundle.path(of: runtime.bundle.manifest.golden[0].inputs[0].picture!.stored)))
        for _ in 0..<3 { model.frame { picture } }
        let state = cameraState(t, model.app, model.filming)
        #expect(state.answers.count == 3 && state.flip == "Other camera" && state.torch == nil)
        #expect(state.tiles.allSatisfy { $0.value != "–" } && state.tiles[2].value == "cool")
    }

    @Test func aMeasurement() throws {
        proven()
        model.tick("tflite-fp32:gpu:float16", false)
        let before = measureState(t, model.app, model.wish, model.now(), nil, hasResult: false)
        #expect(before.start == Button(text: "Measure 1 configuration") && before.planText.contains("about 0.5 min"))
        #expect(before.conditions.map(\.good) == [true, true, true, true, true])
        var id = ""
        model.measure { id = $0 }
        let report = try #require(model.report)
        #expect(report.runId == id && device.files["report.json"]?.count == 1 && model.run == nil)
        let card = resultState(t, report).cards[0]
        #expect(card.chip.text == "Measured" && card.counts && card.latency?.median == "4.03")
        #expect(card.histogram?.bars.max() == 1 && card.curve == nil)
        #expect(resultState(t, report).banner == nil)
    }

    @Test func aMeasurementThatDoesNotCount() throws {
        proven()
        device.described = FakeDevice.phone(debug: true)
        model.measure { _ in }
        let state = resultState(Texts("de"), try #require(model.report))
        #expect(state.banner?.title == "Diese Zeiten zählen nicht")
        #expect(state.banner?.lines == ["Das ist eine Debug-Version der App."])
        #expect(state.cards.allSatisfy { !$0.counts && $0.chip.tone == .warning })
    }

    @Test func aSustainedCurve() throws {
        device.thermal = { $0 > 60 ? .serious : $0 > 30 ? .fair : .nominal }
        runtime.cost = { 4_000_000 + $0 * 200 }
        open()
        let plan = try Plan.sustained.with("sustained_s", "150").with("burst_s", "1")
        let report = try #require(
            Bench(runtime.bundle, [runtime], device).run("r", plan, Array(model.app.configurations.prefix(1))))
        let curve = try #require(resultState(t, report).cards[0].curve)
        #expect(curve.points.count == 15 || curve.points.count == 16)
        #expect(curve.points.allSatisfy { (0...1).contains($0.x) && (0...1).contains($0.y) })
        #expect(Set(curve.heat.map(\.tone)) == [.warning, .bad])
        #expect(curve.ticks.last?.label == "2:40" || curve.ticks.last?.label == "2:30")
    }

    @Test func theSelfCheck() {
        proven()
        let runtimes = [
            RuntimeCheck(name: "Core ML", version: "18.2", backends: ["CPU", "Neural Engine"]),
            RuntimeCheck(name: "ExecuTorch", version: "1.4.1", backends: [], failed: "no XNNPACK"),
        ]
        let state = selfCheckState(t, device.facts(), runtimes, model.app)
        #expect(state.checks.map(\.good) == [true, true, true, false, true])
        #expect(state.text.contains("ExecuTorch 1.4.1: FAILS: no XNNPACK"))
        #expect(state.text.contains("tflite-fp32:cpu:float32:1 proven: 2 of 2 pictures right"))
    }

    @Test func aRunThatWasEndedFromOutsideSaysSoInTheAppsLanguage() {
        for abort in [Abort.background, .screenOff, .powerSaver, .memory, .user] {
            let de = measureState(
                Texts("de"), model.app, model.wish, model.now(), nil, hasResult: false, failed: abort.sentence)
            #expect(de.banner?.lines[0] != abort.sentence)
        }
        let other = measureState(t, model.app, model.wish, model.now(), nil, hasResult: false, failed: "no room")
        #expect(other.banner?.lines == ["no room"])
    }

    @Test func aRunThatIsInterrupted() {
        proven()
        runtime.cost = { [model, runtime] _ in
            if runtime.calls == 60 { MainActor.assumeIsolated { model.interrupt(.background) } }
            return 4_000_000
        }
        model.measure { _ in }
        #expect(model.report?.configs[0].reason?.code == "left_foreground")
    }
}
