import Foundation
@testable import PhoneCore
import Testing

/// What ios_demo/README.md shows of the core as a library, with a runtime that gives what the reference gave.
@Suite struct LibraryTests {
    private let device = FakeDevice()
    private let runtime: FakeRuntime
    private let file = Vectors.folder.appendingPathComponent("bundle.embundle").path
    private let folder: TemporaryFolder
    private let bundle: ModelBundle

    init() throws {
        runtime = try FakeRuntime(device)
        folder = try TemporaryFolder()
        bundle = runtime.bundle
    }

    private func picture(_ index: Int = 0) throws -> Picture {
        try Png.decode(
            try Files.bytes(bundle.path(of: bundle.manifest.golden[index].inputs[0].picture!.stored)))
    }

    @Test func aClassifier() throws {
        let (folder, picture) = (folder.path + "/bundles", try picture())
        var printed: [String] = []
        func print(_ name: String, _ score: Double) { printed.append(name) }
        // README: begin
        let bundle = try Import.bundle(file, into: folder)
        let classifier = try Classifier(bundle, runtime)
        defer { classifier.close() }
        for best in try classifier.classify(picture) {
            print(best.label ?? "class \(best.index)", best.score)
        }
        // README: end
        #expect(printed.count == 5)
        #expect(try printed.allSatisfy { try bundle.readLabels()!.contains($0) })
    }

    @Test func aMeasurement() throws {
        let reports = folder.path
        // README: begin
        let bench = Bench(bundle, [runtime], device)
        let configuration = configurations(bundle.manifest, [runtime])[0]
        if let report = bench.run(UUID().uuidString.lowercased(), .quick, [configuration]) {
            print(report.configs[0].state, report.configs[0].latency?.p50Ms ?? .nan, "ms")
            try report.toJson().write(toFile: reports + "/report.json", atomically: true, encoding: .utf8)
        }
        // README: end
        let written = try Json(parsing: try Files.bytes(reports + "/report.json"))
        #expect(written["configs"]?.list[0]["state"] == .text("measured"))
    }

    @Test func theClassesAreThoseOfTheGoldenOutput() throws {
        let before = device.bytes
        for index in bundle.manifest.golden.indices {
            let classifier = try Classifier(bundle, runtime)
            let found = try classifier.classify(try picture(index))
            classifier.close()
            let logits = runtime.golden.samples[index].outputs[0].doubles
            #expect(found.map(\.index) == AfterNetwork.topK(logits, 5))
            #expect(abs(found[0].score - AfterNetwork.softmax(logits, last: 7)[found[0].index]) < 1e-9)
        }
        #expect(device.bytes == before, "a session stayed open")
    }

    @Test func nothingIsAnsweredThatIsNotProven() throws {
        runtime.spoil = { Values($1.shape, floats: $1.floats.map { $0 * 1.1 }) }
        #expect {
            try Classifier(bundle, runtime)
        } throws: {
            "\($0)".hasPrefix("tflite-fp32:cpu:float32:1: output 0: ")
        }
        runtime.spoil = { $1 }
        runtime.opening = { _ in throw RefusedError("no room") }
        #expect(throws: UnprovenError(description: "tflite-fp32:cpu:float32:1: no room")) {
            try Classifier(bundle, runtime)
        }
        runtime.modes = []
        #expect(throws: UnprovenError(description: "the bundle of tiny has no file that LiteRT runs")) {
            try Classifier(bundle, runtime)
        }
    }

    @Test func aChangedFileOrAnotherTaskIsRefused() throws {
        let copy = folder.path + "/copy"
        try FileManager.default.copyItem(atPath: bundle.path, toPath: copy)
        let changed = try ModelBundle(reading: copy)
        try folder.write("copy/model.tflite", Array("TFLITE".utf8))
        #expect(throws: UnprovenError.self) { try Classifier(changed, runtime) }
        let manifest = try String(contentsOfFile: copy + "/manifest.json", encoding: .utf8)
        let other = manifest.replacingOccurrences(of: "\"top_k\"", with: "\"top_something\"")
        try folder.write("copy/manifest.json", Array(other.utf8))
        let another = try ModelBundle(opening: copy)
        #expect(throws: RefusedError("tiny is no classifier of pictures")) { try Classifier(another, runtime) }
    }
}
