import Foundation

/// Why a single run gave nothing.
struct LiveError: Error, CustomStringConvertible {
    let description: String
}

/// Single runs of a bundle's network on photos and frames, in a session that stays open. It lives on the runner's
/// thread: nothing else calls it.
final class LiveRun: @unchecked Sendable {
    private let bundle: ModelBundle
    private let runtimes: [any Runtime]
    private let clock: any Clock
    private let preprocessing: Preprocessing
    private let labels: [String]?
    private var open: (configuration: Configuration, session: any Session)?

    init(_ bundle: ModelBundle, _ runtimes: [any Runtime], _ clock: any Clock) {
        self.bundle = bundle
        self.runtimes = runtimes
        self.clock = clock
        preprocessing = bundle.manifest.inputs[0].preprocessing!
        labels = try? bundle.readLabels()
    }

    /// What one run gave: the guesses, what the network saw, and the ns of the parts.
    struct Found {
        let guesses: [Guess]
        let seen: Picture
        let preprocessNanos: Int
        let runNanos: Int
    }

    /// Runs an upright picture; throws `LiveError`.
    func run(_ configuration: Configuration, _ picture: Picture) throws -> Found {
        let session = try opened(configuration)
        let start = clock.nanos()
        let pixels = preprocessing.pixels(picture)
        let values = configuration.artifact.inputs[0].tensor(pixels)
        let made = clock.nanos()
        switch session.tryCall([values], clock) {
        case .failed(let sentence): throw LiveError(description: sentence)
        case .ran(let outputs, _, let input, let run, let output):
            let declared = configuration.artifact.networkOutputs(outputs, bundle.manifest)
            return Found(
                guesses: bundle.manifest.guesses(declared, labels: labels) ?? [], seen: pixels,
                preprocessNanos: made - start, runNanos: input + run + output)
        }
    }

    func close() {
        open?.session.close()
        open = nil
    }

    private func opened(_ configuration: Configuration) throws -> any Session {
        if let open, open.configuration == configuration { return open.session }
        close()
        let runtime = runtimes.first { $0.name == configuration.runtime }!
        switch runtime.tryOpen(bundle.path(of: configuration.artifact.stored), configuration) {
        case .opened(let session):
            open = (configuration, session)
            return session
        case .refused(let sentence), .failed(let sentence): throw LiveError(description: sentence)
        }
    }
}
