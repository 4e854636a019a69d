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
        model = started(device, runtime, folder)
    }

    private func open() { model.importBundle("tiny.embundle", at: runtime.bundle.path) }

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

    @Test func anErrorOfTheSystemIsSaidInItsWords() {
        let error = CocoaError(.fileWriteOutOfSpace)
        model.importBundle("big.embundle") { _ in throw error }
        let lines = bundleState(t, model.app).banner?.lines
        #expect(lines == [String(error.localizedDescription.split(whereSeparator: \.isNewline)[0])])
    }

    /// A task that the screens cannot show yet is refused in one sentence, on each of them.
    @Test func aBundleOfAnotherTask() throws {
        let source = folder.path + "/depth"
        try FileManager.default.copyItem(atPath: runtime.bundle.path, toPath: source)
        let manifest = try String(contentsOfFile: source + "/manifest.json", encoding: .utf8)
        let depth = manifest.replacingOccurrences(of: "\"name\": \"classification\"", with: "\"name\": \"depth\"")
        #expect(depth != manifest)
        try folder.write("depth/manifest.json", Array(depth.utf8))
        model.importBundle("depth", at: source)
        let sentence = "This app shows classifiers; it cannot show what a network for depth gives yet."
        let state = bundleState(t, model.app)
        #expect(state.banner == Banner(title: sentence, lines: [], tone: .warning))
        #expect(state.prove == nil && state.artifacts.isEmpty && state.model != nil)
        let measure = measureState(t, model.app, model.wish, model.now(), nil, hasResult: false)
        for empty in [
            tryState(t, model.app, model.trying).empty, cameraState(t, model.app, model.filming).empty, measure.empty,
        ] {
            #expect(empty?.title == "Nothing to show" && empty?.text == sentence)
        }
        model.prove()
        #expect(model.app.proving == nil && model.app.found.isEmpty)
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

    @Test func theSquareIsWhatTheNetworkSees() {
        let preprocessing = runtime.bundle.manifest.inputs[0].preprocessing!
        // Covers 18 x 27: the frame becomes 36 x 27, and the crop of 16 x 24 begins at row 10 and column 2.
        #expect(
            seenPart(preprocessing, 640, 480)
                == Part(left: 2.0 / 27, top: 10.0 / 36, right: 26.0 / 27, bottom: 26.0 / 36))
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
