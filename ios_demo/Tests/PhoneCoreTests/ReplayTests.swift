#if os(Linux)
    import Foundation
    import Testing

    @testable import PhoneCore

    /// The golden protocol on a bundle of efficientmod_xxs and the real LiteRT: `run_tests` makes the one and finds the
    /// other.
    @Suite(.serialized, .enabled(if: LiteRtForeign.folder != nil && Real.path != nil, "run_tests sets both"))
    struct ReplayTests {
        @Test func preprocessingIsRightToTheBit() throws {
            let golden = try Golden(Real.bundle())
            #expect(golden.differing.count == 5)
            #expect(golden.differing.allSatisfy { $0.differing == 0 })
            #expect(golden.samples.allSatisfy { $0.tensors[0].count == 150_528 })
        }

        @Test func theArtifactIsTheNetwork() throws {
            let replay = try Real.replay()
            #expect(replay.passed)
            #expect(replay.repeatable)
            #expect(replay.verdict.worst[0].maxRelativeError < 1e-5)
            #expect(replay.outputs.count == 5 && replay.outputs.allSatisfy { $0.outputs[0].bytes?.count == 4000 })
        }

        @Test func aPictureThatIsMadeOtherwiseFailsByItsBits() throws {
            let bundle = try Real.bundle()
            let mutations: [(String, (Preprocessing, Picture) -> Picture)] = [
                ("BGR", { swapped($0.pixels($1)) }),
                ("no crop", { uncropped($0, $1) }),
                ("another filter", { changed($0, interpolation: .bilinear).pixels($1) }),
                ("nearest", { changed($0, interpolation: .nearest).pixels($1) }),
                ("turned", { $0.pixels($1.upright(from: 6)) }),
                ("mirrored", { $0.pixels($1.upright(from: 2)) }),
                ("rows first", { rowsFirst($0, $1) }),
                ("one step brighter", { brighter($0.pixels($1)) }),
            ]
            for (name, see) in mutations {
                let replay = try Real.replay(golden: Golden(bundle, see: see))
                #expect(!replay.passed, "\(name)")
                #expect(replay.preprocessing.contains { $0.differing > 0 }, "\(name)")
            }
        }

        @Test func anInputThatIsFedOtherwiseFailsByTheVerdict() throws {
            let mutations: [(String, (Values) -> Values)] = [
                ("BGR", { Values($0.shape, floats: swapped($0.floats)) }),
                ("CHW", { $0.laidOut(from: .nhwc, to: .nchw) }),
                ("divided by 256", { Values($0.shape, floats: $0.floats.map { $0 * 255 / 256 }) }),
                ("0 to 255", { Values($0.shape, floats: $0.floats.map { $0 * 255 }) }),
                ("nothing", { Values($0.shape, floats: $0.floats.map { _ in 0 }) }),
                (
                    "a row further",
                    { Values($0.shape, floats: Array($0.floats.dropFirst(672)) + $0.floats.prefix(672)) }
                ),
            ]
            for (name, mutate) in mutations {
                let replay = try Real.replay { Mutated($0, input: mutate) }
                #expect(!replay.verdict.passed, "\(name)")
                #expect(!replay.verdict.violations.isEmpty, "\(name)")
            }
        }

        @Test func anOutputThatIsReadOtherwiseFails() throws {
            let mutations: [(String, (Values) -> Values)] = [
                ("the next class", { Values($0.shape, floats: Array($0.floats.dropFirst()) + $0.floats.prefix(1)) }),
                ("twice", { Values($0.shape, floats: $0.floats.map { $0 * 2 }) }),
                ("NaN", { Values($0.shape, floats: [.nan] + $0.floats.dropFirst()) }),
                ("infinite", { Values($0.shape, floats: [.infinity] + $0.floats.dropFirst()) }),
                ("another shape", { Values([1000, 1], floats: $0.floats) }),
                ("one is missing", { Values([1, 999], floats: Array($0.floats.dropFirst())) }),
            ]
            for (name, mutate) in mutations {
                let replay = try Real.replay { Mutated($0, output: mutate) }
                #expect(!replay.passed, "\(name)")
            }
        }

        @Test func aStaleArtifactIsAnotherFile() throws {
            let folder = try TemporaryFolder()
            let path = folder.path + "/bundle"
            try FileManager.default.copyItem(atPath: Real.path!, toPath: path)
            let bundle = try ModelBundle(reading: path)
            let artifact = bundle.manifest.artifacts.first { $0.target == "tflite" }!
            var content = try Files.bytes(path + "/" + artifact.file)
            content[content.count / 2] ^= 1
            try folder.write("bundle/" + artifact.file, content)
            #expect(throws: ChangedFile.self) {
                try bundle.demand(Listed(stored: artifact.stored, isFolder: false))
            }
            try folder.write("bundle/" + bundle.manifest.golden[2].outputs[0].tensor.file, [0, 0, 0, 0])
            #expect(throws: ChangedFile.self) { try Golden(bundle) }
        }

        /// A whole run with real times. run_tests gives the report to `efficientmod report`, which judges it again.
        @Test func aRunLeavesAReport() throws {
            let folder = try TemporaryFolder()
            let place = ProcessInfo.processInfo.environment["PHONE_REPORTS"] ?? folder.path
            let desktop = LinuxDesktop(reports: FolderReports(URL(fileURLWithPath: place)))
            let run = "0f8fad5b-d9cb-469f-a165-70867728950e"
            let arguments = try Headless.arguments([
                "--run", run, "--bundle", Real.path!, "--plan", "quick", "--burst-calls", "20", "--burst-s", "0.2",
                "--warmup-s", "0.1", "--warmup-limit-s", "1", "--paced-calls", "3", "--cold-opens", "1",
            ])
            let headless = Headless(
                [try LiteRtForeign()], desktop, Interruption(), import: { try ModelBundle(reading: $0) })
            #expect(try headless.run(arguments))
            let report = try Json(parsing: try Files.bytes("\(place)/\(run)/report.json"))
            let configs = report["configs"]!.list
            #expect(configs.count == 1 && configs[0]["state"] == .text("measured"), "\(configs[0]["reason"]!)")
            #expect(configs[0]["memory"]!["peak_bytes"]!.int > configs[0]["memory"]!["before_bytes"]!.int)
            #expect(try Json(parsing: try Files.bytes("\(place)/\(run)/status.json"))["state"] == .text("done"))
        }

        @Test func aSecondRoundWithOtherBitsIsReported() throws {
            let replay = try Real.replay { Unsteady($0) }
            #expect(replay.passed)
            #expect(!replay.repeatable)
        }
    }

    enum Real {
        static let path = ProcessInfo.processInfo.environment["PHONE_BUNDLE"]

        static func bundle() throws -> ModelBundle { try ModelBundle(reading: path!) }

        static func replay(golden: Golden? = nil, _ wrap: @escaping (any Session) -> any Session = { $0 }) throws
            -> Replay
        {
            let bundle = try bundle()
            let runtime = try LiteRtForeign()
            let configuration = configurations(bundle.manifest, [runtime], threads: [1])[0]
            let wrapped = Wrapped(runtime, wrap)
            let candidate = Candidate(configuration, wrapped)
            Prover(bundle, Result { try golden ?? Golden(bundle) }, RealClock()).prove(candidate)
            guard let replay = candidate.replay else { throw LiteRtError(description: "\(candidate.out!)") }
            #expect(replay.passed == candidate.isProven)
            return replay
        }
    }

    /// A runtime whose sessions are wrapped.
    private struct Wrapped: Runtime, @unchecked Sendable {
        let inner: any Runtime
        let wrap: (any Session) -> any Session

        init(_ inner: any Runtime, _ wrap: @escaping (any Session) -> any Session) {
            self.inner = inner
            self.wrap = wrap
        }

        var name: String { inner.name }
        var version: String { inner.version }
        var targets: Set<String> { inner.targets }
        var dtypes: Set<Dtype> { inner.dtypes }
        func modes(_ artifact: Artifact) -> [Mode] { inner.modes(artifact) }
        func open(_ path: String, _ configuration: Configuration) throws -> any Session {
            wrap(try inner.open(path, configuration))
        }
    }

    struct RealClock: PhoneCore.Clock {
        func nanos() -> Int { Int(DispatchTime.now().uptimeNanoseconds) }
        func now() -> Date { Date() }
        func sleep(_ nanos: Int) { Thread.sleep(forTimeInterval: Double(nanos) / 1e9) }
    }

    /// A session that is fed, or read, in a wrong way.
    private final class Mutated: Session {
        let inner: any Session
        let input: (Values) -> Values
        let output: (Values) -> Values

        init(
            _ inner: any Session, input: @escaping (Values) -> Values = { $0 },
            output: @escaping (Values) -> Values = { $0 }
        ) {
            self.inner = inner
            self.input = input
            self.output = output
        }

        var facts: SessionFacts { inner.facts }
        func write(_ inputs: [Values]) throws { try inner.write(inputs.map(input)) }
        func run() throws { try inner.run() }
        func read() throws -> [Values] { try inner.read().map(output) }
        func close() { inner.close() }
    }

    /// A session whose sixth call and those after it give another last bit.
    private final class Unsteady: Session {
        let inner: any Session
        var calls = 0

        init(_ inner: any Session) { self.inner = inner }

        var facts: SessionFacts { inner.facts }
        func write(_ inputs: [Values]) throws { try inner.write(inputs) }
        func run() throws {
            calls += 1
            try inner.run()
        }
        func read() throws -> [Values] {
            try inner.read().map { Values($0.shape, floats: calls > 5 ? $0.floats.map(\.nextUp) : $0.floats) }
        }
        func close() { inner.close() }
    }

    private func swapped<T>(_ values: [T]) -> [T] {
        values.indices.map { values[$0 / 3 * 3 + 2 - $0 % 3] }
    }

    private func swapped(_ picture: Picture) -> Picture {
        Picture(height: picture.height, width: picture.width, rgb: swapped(picture.rgb))
    }

    private func brighter(_ picture: Picture) -> Picture {
        Picture(height: picture.height, width: picture.width, rgb: picture.rgb.map { $0 == 255 ? 255 : $0 + 1 })
    }

    private func changed(_ old: Preprocessing, interpolation: Resize.Interpolation) -> Preprocessing {
        let resize = Resize(
            rule: old.resize.rule, height: old.resize.height, width: old.resize.width, interpolation: interpolation,
            antialias: true)
        return Preprocessing(resize: resize, crop: old.crop, normalisation: old.normalisation)
    }

    /// The whole picture, scaled to the network's size, as many samples do.
    private func uncropped(_ old: Preprocessing, _ picture: Picture) -> Picture {
        Resize.part(
            of: picture, height: old.crop.height, width: old.crop.width, old.resize.interpolation,
            rows: 0..<old.crop.height, columns: 0..<old.crop.width)
    }

    /// The right filter with its two passes in the wrong order, so that the other one rounds.
    private func rowsFirst(_ old: Preprocessing, _ picture: Picture) -> Picture {
        old.pixels(picture.upright(from: 5)).upright(from: 5)
    }
#endif
