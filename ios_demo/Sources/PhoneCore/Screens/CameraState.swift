/// The Camera screen: the live picture with what the network says of it.
public struct CameraState: Equatable, Sendable {
    public let title: String
    public let empty: Empty?
    public let running: Bool
    public let banner: Banner?
    public let hint: String
    public let configurations: [Choice]
    public let answers: [Answer]
    public let waiting: String?
    public let tiles: [Fact]
    public let notes: [String]
    public let torch: Switch?
    public let flip: String?
}

/// Something that is on or off, with what it says of itself.
public struct Switch: Equatable, Sendable {
    public let on: Bool
    public let says: String
}

/// Whether the camera may be used: not asked yet, given, or refused (forever: the system asks no more).
public enum Permission: Sendable { case unknown, given, refused, forever }

/// What goes on with the camera.
public struct Filming: Equatable, Sendable {
    public var permission = Permission.unknown
    public var cameras = 0
    public var hasTorch = false
    public var torch = false
    public var configuration: String?
    public var failed: String?
    public var meter = Meter()
    public var guesses: [Guess] = []
    public var thermal: Thermal?
}

/// The last frames that the network ran on: when each was done, and how long the run took, in ns.
public struct Meter: Equatable, Sendable {
    /// How many frames count for the median and the frames a second.
    public static let kept = 100

    private var doneNanos: [Int] = []
    private var runNanos: [Int] = []

    public init() {}

    /// With one more frame.
    func plus(done: Int, run: Int) -> Meter {
        var next = self
        next.doneNanos = (doneNanos + [done]).suffix(Meter.kept)
        next.runNanos = (runNanos + [run]).suffix(Meter.kept)
        return next
    }

    /// The median of the runs in ms; nil before the first.
    var p50Ms: Double? { runNanos.isEmpty ? nil : Percentiles(runNanos).p50Ms }

    /// Frames a second; nil before the second.
    var framesPerSecond: Double? {
        guard let first = doneNanos.first, let last = doneNanos.last, last > first else { return nil }
        return Double(doneNanos.count - 1) * 1e9 / Double(last - first)
    }
}

private let shown = 3

/// What the Camera screen shows.
public func cameraState(_ t: Texts, _ app: AppState, _ filming: Filming) -> CameraState {
    let empty = provenFirst(t, app) ?? noCamera(t, filming)
    let running = empty == nil && filming.failed == nil
    let isSeeded = app.bundle?.manifest.model.weights.statement == seededStatement
    return CameraState(
        title: t("camera.title"),
        empty: empty,
        running: running,
        banner: filming.failed.map { Banner(title: t("camera.failed"), lines: [$0], tone: .bad) },
        hint: t("camera.hint"),
        configurations: choices(t, app, filming.configuration),
        answers: answers(t, filming.guesses, shown),
        waiting: filming.guesses.isEmpty && running ? t("camera.waiting") : nil,
        tiles: [
            Fact(label: t("camera.p50"), value: filming.meter.p50Ms.map(t.ms) ?? "–"),
            Fact(label: t("camera.fps"), value: filming.meter.framesPerSecond.map { t.number($0, 1) } ?? "–"),
            Fact(label: t("condition.thermal"), value: filming.thermal.map { thermalName(t, $0) } ?? "–"),
        ],
        notes: isSeeded ? [t("try.seeded")] : [],
        torch: filming.hasTorch
            ? Switch(on: filming.torch, says: t(filming.torch ? "camera.torch_off" : "camera.torch_on")) : nil,
        flip: filming.cameras > 1 ? t("camera.flip") : nil)
}

private func noCamera(_ t: Texts, _ filming: Filming) -> Empty? {
    switch filming.permission {
    case .unknown:
        Empty(title: t("camera.ask_title"), text: t("camera.ask"), button: Button(text: t("camera.allow")))
    case .refused:
        Empty(title: t("camera.refused_title"), text: t("camera.ask"), button: Button(text: t("camera.allow")))
    case .forever:
        Empty(
            title: t("camera.refused_title"), text: t("camera.settings_text"),
            button: Button(text: t("camera.settings")))
    case .given:
        filming.cameras == 0 ? Empty(title: t("camera.none_title"), text: t("camera.none"), button: nil) : nil
    }
}
