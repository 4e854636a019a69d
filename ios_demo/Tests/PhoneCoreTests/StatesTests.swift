import Foundation
import Testing

@testable import PhoneCore

/// What the screens hold back or mark: wrong outputs, busy times, times that do not count.
@MainActor @Suite struct StatesTests {
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

    private func proven() {
        model.importBundle("tiny.embundle", at: runtime.bundle.path)
        model.prove()
    }

    @Test func aWrongOutputFailsWithItsLimitAndIsNowhereToBeTickedOrTried() {
        runtime.spoil = { Values($1.shape, floats: $1.floats.map { $0 * 1.1 }) }
        proven()
        let rows = bundleState(t, model.app).artifacts[0].rows
        #expect(rows.allSatisfy { $0.chip == Chip(text: "Fails", tone: .bad) })
        #expect(rows.allSatisfy { $0.detail?.contains("is over") == true })
        #expect(tryState(t, model.app, model.trying).empty?.title == "Not proven yet")
        #expect(cameraState(t, model.app, model.filming).empty?.title == "Not proven yet")
        let measure = measureState(t, model.app, model.wish, model.now(), nil, hasResult: false)
        #expect(measure.configurations.allSatisfy { !$0.enabled && !$0.ticked && $0.why == "Fails" })
        #expect(measure.empty?.title == "Not proven yet" && !measure.start.enabled)
    }

    @Test func outputsThatChangeTheirBitsAreProvenAndItIsSaid() {
        runtime.spoil = { call, values in Values(values.shape, floats: values.floats.map { $0 + Float(call) * 1e-6 }) }
        proven()
        let row = bundleState(t, model.app).artifacts[0].rows[0]
        #expect(row.chip.text == "Proven" && row.detail?.hasSuffix("The bits differ from run to run.") == true)
    }

    @Test func noLatencyIsShownOfWhatWasWrongAfterTheTiming() throws {
        proven()
        let before = runtime.calls
        runtime.spoil = { [runtime] in
            runtime.calls - before < 300 ? $1 : Values($1.shape, floats: $1.floats.map { $0 * 1.1 })
        }
        model.measure { _ in }
        let cards = resultState(t, try #require(model.report)).cards
        #expect(cards.map(\.finding) == [String](repeating: "After the timing, the outputs were wrong.", count: 2))
        #expect(cards.allSatisfy { $0.latency == nil && $0.histogram == nil && $0.facts.isEmpty && !$0.counts })
        #expect(model.app.proven.isEmpty, "it is to be ticked again")
    }

    @Test func aP99IsShownFrom500RunsOn() throws {
        proven()
        let few = try Plan.quick.with("burst_s", "0")
        for (plan, labels) in [(few, ["p90", "fastest"]), (Plan.quick, ["p90", "p99", "fastest"])] {
            let bench = Bench(runtime.bundle, [runtime], device)
            let report = try #require(bench.run("r", plan, Array(model.app.configurations.prefix(1))))
            #expect(resultState(t, report).cards[0].latency?.others.map(\.label) == labels)
        }
    }

    @Test func theCameraShowsTheMedianOfTheLastHundredFrames() {
        var meter = Meter()
        for frame in 0..<150 { meter = meter.plus(done: frame * 40_000_000, run: frame < 50 ? 90_000_000 : 8_000_000) }
        #expect(meter.p50Ms == 8 && abs(meter.framesPerSecond! - 25) < 1e-9)
        #expect(Meter().p50Ms == nil && Meter().plus(done: 1, run: 1).framesPerSecond == nil)
    }

    @Test func theHottestStateIsTheSystemsWorst() throws {
        device.thermal = { $0 > 4 ? .nominal : $0 > 2 ? .critical : .fair }
        model.importBundle("tiny.embundle", at: runtime.bundle.path)
        let report = try #require(Bench(runtime.bundle, [runtime], device).run("r", .quick, model.app.configurations))
        let hottest = resultState(t, report).conditions.first { $0.label == "Hottest state" }
        #expect(hottest?.value == "critical")
    }

    @Test func anImportKeepsTheButtonsFromStartingAnother() {
        let later: @Sendable (@escaping Threads.Work) -> Void = { _ in }
        let waiting = AppModel(
            device, [runtime], folder.path + "/bundles", Storage(folder.path + "/remembered"),
            Threads(main: { work in MainActor.assumeIsolated { work() } }, runner: later, files: later))
        waiting.importBundle("tiny.embundle", at: runtime.bundle.path)
        let state = bundleState(t, waiting.app)
        #expect(state.busy == Busy(text: "Importing tiny.embundle and checking every file", fraction: nil))
        #expect(!state.open.enabled && !state.openFolder.enabled && waiting.isBusy)
        waiting.importBundle("other.embundle", at: runtime.bundle.path)
        #expect(waiting.app.importing?.name == "tiny.embundle")
    }
}
