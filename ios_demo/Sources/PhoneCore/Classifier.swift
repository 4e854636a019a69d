import Foundation

/// Why a configuration gives no answers on this device: it is not run there, or its results are wrong.
public struct UnprovenError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
}

/// A bundle's classifier in one configuration of a runtime, for an app of one's own. It answers only after the golden
/// samples were replayed on this device. One thread opens, uses and closes it.
public final class Classifier {
    private let bundle: ModelBundle
    private let artifact: Artifact
    private let session: any Session
    private let preprocessing: Preprocessing
    private let labels: [String]?

    /// Proves `configuration` and opens it; without one, the first that `runtime` offers for the bundle. Throws
    /// `UnprovenError`, and `RefusedError` for a bundle that is no classifier of pictures.
    public init(_ bundle: ModelBundle, _ runtime: any Runtime, _ configuration: Configuration? = nil) throws {
        let name = bundle.manifest.model.name
        guard bundle.manifest.takesOnePicture, bundle.manifest.afterNetwork.contains(where: { $0.step == "top_k" })
        else {
            throw RefusedError("\(name) is no classifier of pictures")
        }
        guard let chosen = configuration ?? configurations(bundle.manifest, [runtime]).first else {
            throw UnprovenError(description: "the bundle of \(name) has no file that \(runtime.name) runs")
        }
        let candidate = Candidate(chosen, runtime)
        Prover(bundle, Result { try Golden(bundle) }, UptimeClock()).prove(candidate)
        if let (_, reason) = candidate.out { throw UnprovenError(description: "\(chosen.name): \(reason.text)") }
        switch runtime.tryOpen(bundle.path(of: chosen.artifact.stored), chosen) {
        case .opened(let session): self.session = session
        case .refused(let sentence), .failed(let sentence): throw UnprovenError(description: sentence)
        }
        self.bundle = bundle
        artifact = chosen.artifact
        preprocessing = bundle.manifest.inputs[0].preprocessing!
        labels = try bundle.readLabels()
    }

    /// The best classes of an upright picture, the best first; throws what the runtime throws.
    public func classify(_ picture: Picture) throws -> [Guess] {
        try session.write([artifact.inputs[0].tensor(preprocessing.pixels(picture))])
        try session.run()
        let outputs = artifact.networkOutputs(try session.read(), bundle.manifest)
        return bundle.manifest.guesses(outputs, labels: labels) ?? []
    }

    public func close() { session.close() }
}

private struct UptimeClock: Clock {
    func nanos() -> Int { Int(DispatchTime.now().uptimeNanoseconds) }
    func now() -> Date { Date() }
    func sleep(_ nanos: Int) { Thread.sleep(forTimeInterval: Double(nanos) / 1e9) }
}
