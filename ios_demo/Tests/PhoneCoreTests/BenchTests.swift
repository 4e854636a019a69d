import Foundation
import Testing

@testable import PhoneCore

/// A whole run on a fake device: its order, its numbers, and everything that ends it or makes it void.
@Suite struct BenchTests {
    private let device = FakeDevice()
    private let runtime: FakeRuntime
    private let interruption = Interruption()
    private let runId = "0f8fad5b-d9cb-469f-a165-70867728950e"

    init() throws { runtime = try FakeRuntime(device) }

    private var all: [Configuration] { configurations(runtime.bundle.manifest, [runtime]) }

    private func run(_ plan: Plan = .quick, _ configurations: [Configuration]? = nil) throws -> Report {
        let bench = Bench(runtime.bundle, [runtime], device, interruption)
        return try #require(bench.run(runId, plan, configurations ?? Array(all.prefix(1))))
    }

    private func one(_ plan: Plan = .quick) throws -> ReportedConfiguration { try run(plan).configs[0] }

    @Test func theConfigurationsAreTheRowsThatTheRuntimeHas() {
        #expect(all.map(\.name) == ["tflite-fp32:cpu:float32:1", "tflite-fp32:gpu:float16"])
        let four = configuration("tflite-fp32:cpu:float32:4", runtime.bundle.manifest, [runtime])
        #expect(four?.threads == 4)
        for name in ["tflite-fp32:cpu", "tflite-fp32:cpu:float16:1", "tflite-fp32:cpu:float32:0", "x", ""] {
            #expect(configuration(name, runtime.bundle.manifest, [runtime]) == nil, "\(name)")
        }
    }

    @Test func aMeasuredRun() throws {
        let found = try one()
        #expect(found.state == .measured)
        #expect(found.replay?.passed == true && found.replay?.again == true && found.replay?.repeatable == true)
        #expect(found.load?.openNs == [30_000_000, 30_000_000, 30_000_000])
        #expect(found.phases.map(\.kind) == [.warmup, .burst, .paced])
        let burst = found.phases[1]
        #expect(burst.runNs.count >= 100 && burst.endedS - burst.startedS >= 3)
        #expect(burst.inputNs.allSatisfy { $0 == 100_000 } && burst.outputNs!.allSatisfy { $0 == 20_000 })
        #expect(found.latency == Percentiles(burst.runNs))
        #expect(zip(found.phases[2].startNs, found.phases[2].startNs.dropFirst()).allSatisfy { $1 - $0 == 100_000_000 })
        #expect(
            found.memory
                == MemoryUse(
                    kind: "phys_footprint", beforeBytes: 100_000_000, openedBytes: 101_000_000, peakBytes: 101_000_000,
                    anonBytes: nil, fileBytes: nil))
    }

    @Test func aGpuIsTimedWithItsReading() throws {
        let found = try run(.quick, [all[1]]).configs[0]
        #expect(found.phases.allSatisfy { $0.outputNs == nil })
        #expect(found.phases[1].runNs.min()! >= 4_020_000)
    }

    @Test func theOrderIsTurnedFromRoundToRound() throws {
        let plan = try Plan.standard.with("burst_s", "0").with("burst_calls", "20").with("cold_opens", "1")
        let report = try run(plan, all)
        let (a, b) = (all[0].name, all[1].name)
        #expect(runtime.opened == [a, b, a, b, a, b, b, a, a, b])
        #expect(report.configs.allSatisfy { $0.state == .measured && $0.waits.count == 2 })
    }

    @Test func theWarmUpGoesOnUntilItIsSteady() throws {
        runtime.cost = { 10_000_000 - min($0, 400) * 20_000 }
        let warmup = try one().phases[0]
        #expect(warmup.runNs.count % 10 == 0 && warmup.runNs.count > 100)
        #expect(warmup.statistics.steadiness! <= 0.03)
    }

    @Test func theWarmUpHasALimit() throws {
        runtime.cost = { $0 / 10 % 2 == 0 ? 4_000_000 : 8_000_000 }
        let warmup = try one().phases[0]
        #expect(warmup.endedS - warmup.startedS >= 10 && warmup.endedS - warmup.startedS < 10.1)
    }

    @Test func itWaitsUntilTheDeviceIsCool() throws {
        device.thermal = { $0 < 20 ? .fair : .nominal }
        let found = try one()
        #expect(found.waits[0].cooled && (18...21).contains(found.waits[0].waitedS))
        #expect(found.state == .measured)
    }

    @Test func itWaitsForTheBattery() throws {
        device.battery = { $0 < 0.05 ? 27 : $0 < 15 ? 29 : 28 }
        let found = try one()
        #expect(found.waits[0].cooled && (14...16).contains(found.waits[0].waitedS + found.waits[0].startedS))
    }

    @Test func theWaitHasALimit() throws {
        device.thermal = { _ in .fair }
        let found = try one()
        #expect(!found.waits[0].cooled && found.waits[0].waitedS == 60)
        #expect(found.state == .measured)
    }

    @Test func heatMakesItVoidAndTheRunGoesOn() throws {
        device.thermal = { $0 > 3 && $0 < 6 ? .serious : .nominal }
        let report = try run(.quick, all)
        #expect(report.configs.map(\.state) == [.void, .measured])
        #expect(report.configs[0].reason?.code == "too_hot")
    }

    @Test func heatIsWhatASustainedPhaseMeasures() throws {
        device.thermal = { $0 > 30 ? .serious : .nominal }
        let plan = try Plan.sustained.with("sustained_s", "150").with("burst_s", "1")
        let found = try one(plan)
        #expect(found.state == .measured)
        let sustained = try #require(found.phases.last)
        #expect(sustained.kind == .sustained && sustained.statistics.drift != nil)
        #expect(sustained.endedS - sustained.startedS >= 150)
    }

    @Test(arguments: [
        (Abort.background, "left_foreground"), (.screenOff, "left_foreground"), (.user, "aborted"),
        (.memory, "aborted"),
    ])
    func whatEndsItFromOutside(_ abort: Abort, _ code: String) throws {
        runtime.cost = { [interruption] call in
            if call == 300 { interruption.raise(abort) }
            return 4_000_000
        }
        let report = try run(.quick, all)
        #expect(report.configs.map(\.state) == [.void, .proven])
        #expect(report.configs[0].reason?.code == code)
        #expect(report.configs[0].phases.count == 1 || report.configs[0].phases.count == 2)
    }

    @Test func thePowerSaverEndsIt() throws {
        device.saver = { $0 > 3 }
        let found = try one()
        #expect(found.state == .void && found.reason?.code == "power_saver")
    }

    @Test func debugBuildsSimulatorsAndSoftwareUnitsAreVoid() throws {
        device.described = FakeDevice.phone(debug: true)
        #expect(try one().reason?.code == "debug_build")
        device.described = FakeDevice.phone(emulator: true)
        #expect(try one().reason?.code == "emulator")
        device.described = FakeDevice.phone
        runtime.software = true
        let found = try one()
        #expect(found.reason?.code == "software_unit" && found.phases.isEmpty)
    }

    @Test func aWrongResultIsNotTimed() throws {
        runtime.spoil = { Values($1.shape, floats: $1.floats.map { $0 * 1.5 }) }
        let found = try one()
        #expect(found.state == .failed && found.reason?.code == "wrong_result")
        #expect(found.reason?.text.contains("max_relative_error") == true)
        #expect(found.phases.isEmpty && found.load == nil && found.latency == nil)
    }

    @Test func notANumberIsNotTimed() throws {
        runtime.spoil = { Values($1.shape, floats: [.nan] + $1.floats.dropFirst()) }
        let found = try one()
        #expect(
            found.reason
                == Reason(
                    code: "wrong_result", text: "tall: output 0 has 1 NaN or infinite values of 7"))
    }

    @Test func aResultThatIsWrongAfterTheTimingMakesItVoid() throws {
        runtime.spoil = { call, values in call < 300 ? values : Values(values.shape, floats: values.floats.map { -$0 })
        }
        let found = try one()
        #expect(found.state == .void && found.reason?.code == "wrong_result_after" && found.replay?.again == false)
    }

    @Test func aRunThatThrowsFails() throws {
        runtime.spoil = { call, values in
            if call == 300 { throw RefusedError("out of memory") }
            return values
        }
        let found = try one()
        #expect(found.state == .failed && found.reason?.code == "run_failed" && found.phases.isEmpty)
    }

    @Test func whatDoesNotOpen() throws {
        runtime.opening = { _ in throw RefusedError("3 operators outside the GPU") }
        let refused = try run(.quick, [all[1]]).configs[0]
        #expect(refused.state == .refused && refused.replay == nil)
        #expect(refused.reason == Reason(code: "not_accelerated", text: "3 operators outside the GPU"))
        runtime.opening = { _ in throw ZipError(.damagedEntry, "damaged") }
        #expect(try run(.quick, [all[1]]).configs[0].state == .refused)
        let failed = try one()
        #expect(failed.state == .failed && failed.reason?.code == "open_failed")
        #expect(failed.reason?.text == "LiteRT does not open model.tflite on the cpu: damaged")
    }

    @Test func anArithmeticWithoutLimitsIsNotRun() throws {
        runtime.modes = [Mode(unit: "cpu", computePrecision: "float16")]
        #expect(configurations(runtime.bundle.manifest, [runtime]).isEmpty)
        let artifact = runtime.bundle.manifest.artifacts[0]
        let other = Configuration(artifact: artifact, runtime: runtime.name, mode: runtime.modes[0], threads: nil)
        #expect(try run(.quick, [other]).configs[0].reason?.code == "no_such_unit")
    }

    @Test func nothingIsReportedOfARunThatProvedNothing() {
        interruption.raise(.user)
        #expect(Bench(runtime.bundle, [runtime], device, interruption).run(runId, .quick, all) == nil)
    }

    @Test func provingTimesNothing() {
        let found = Bench(runtime.bundle, [runtime], device).prove(all[0])
        #expect(found.state == .proven && found.phases.isEmpty && found.load == nil)
    }

    @Test func theProgressRises() throws {
        var fractions: [Double] = []
        let bench = Bench(runtime.bundle, [runtime], device, interruption) { fractions.append($0.fraction) }
        _ = bench.run(runId, .quick, all)
        #expect(fractions == fractions.sorted() && fractions.allSatisfy { $0 >= 0 && $0 < 1 } && fractions.count > 8)
    }

    @Test func headless() throws {
        let arguments = try Headless.arguments(
            ["--run", runId, "--bundle", "Documents/x.embundle", "--plan", "quick", "--burst-calls", "20"])
        let headless = Headless(
            [runtime], device, interruption,
            import: { [runtime] path in
                #expect(path == "Documents/x.embundle")
                return runtime.bundle
            })
        #expect(try headless.run(arguments))
        let statuses = try device.files["status.json"]!.map { try Json(parsing: Array($0.utf8)) }
        #expect(statuses.first?["state"] == .text("running") && statuses.last?["state"] == .text("done"))
        #expect(statuses.map { $0["fraction"]!.double } == statuses.map { $0["fraction"]!.double }.sorted())
        let report = try Json(parsing: Array(device.files["report.json"]![0].utf8))
        #expect(report["run_id"] == .text(runId) && report["plan"]?["name"] == .text("custom"))
        #expect(report["started_at"] == .text("2026-11-27T09:30:05Z"))
    }

    @Test(arguments: [
        (["--plan", "slow"], "bad_arguments"), (["--rounds", "0"], "bad_arguments"), (["--x", "1"], "bad_arguments"),
        (["--configs", "tflite-fp32:npu:float16"], "unknown_config"), (["--bundle", "none"], "bundle_refused"),
    ])
    func aHeadlessRunThatCannotBe(_ more: [String], _ code: String) throws {
        let arguments = try Headless.arguments(["--run", runId, "--bundle", "x"] + more)
        let headless = Headless(
            [runtime], device, interruption,
            import: { [runtime] in $0 == "none" ? try ModelBundle(reading: "/nowhere") : runtime.bundle })
        #expect(try !headless.run(arguments))
        let last = try Json(parsing: Array(device.files["status.json"]!.last!.utf8))
        #expect(last["state"] == .text("failed") && last["code"] == .text(code))
        #expect(device.files["report.json"] == nil)
    }

    @Test func argumentsWithoutAValueOrARun() {
        #expect(throws: ArgumentError.self) { try Headless.arguments(["--plan"]) }
        #expect(throws: ArgumentError.self) { try Headless.arguments(["plan", "quick"]) }
        let told = Told()
        let headless = Headless(
            [runtime], device, interruption, import: { [runtime] _ in runtime.bundle }, told: { told.lines.append($0) })
        #expect(throws: ArgumentError.self) { try headless.run(["run": "../x"]) }
        #expect(!headless.run(words: ["--run", runId, "--plan"]))
        #expect(!headless.run(words: ["--run", "../x"]))
        #expect(
            told.lines == ["after '--plan' there is no value; give --key value", "run: give a UUID in lower case"])
        #expect(headless.run(words: ["--run", runId, "--bundle", "x"]) && told.lines.last!.contains("\"done\""))
    }
}

private final class Told: @unchecked Sendable {
    var lines: [String] = []
}
