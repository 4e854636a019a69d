/// The Try screen: one picture, and what the network says of it.
public struct TryState: Equatable, Sendable {
    public let title: String
    public let empty: Empty?
    public let banner: Banner?
    public let samplesTitle: String
    public let samples: [Choice]
    public let photo: Button
    public let configurations: [Choice]
    public let configurationsTitle: String
    public let busy: Bool
    public let seen: Seen?
    public let answers: [Answer]
    public let answersTitle: String
    public let times: [Fact]
    public let timesTitle: String
    public let notes: [String]
}

/// The picture after resizing and crop, with what it shows in words.
public struct Seen: Equatable, Sendable {
    public let picture: Picture
    public let text: String
}

/// A class that the network finds: its `share` is drawn as a bar.
public struct Answer: Equatable, Sendable {
    public let name: String
    public let percent: String
    public let share: Double
}

/// What the user chose to try: a golden sample by name, or a photo.
public struct Chosen: Equatable, Sendable {
    public let name: String
    public let isPhoto: Bool
    public let isJpeg: Bool
}

/// What one run gave: the guesses, the likeliest first, what the network saw, and the ns of each part.
public struct Tried: Equatable, Sendable {
    public let chosen: Chosen
    public let configuration: String
    public let seen: Picture
    public let guesses: [Guess]
    public let decodeNanos: Int
    public let preprocessNanos: Int
    public let runNanos: Int
}

/// What goes on on the Try screen; `failed` is why the last picture gave nothing.
public struct Trying: Equatable, Sendable {
    public var chosen: Chosen?
    public var configuration: String?
    public var tried: Tried?
    public var failed: String?
    public var busy = false
}

private let shown = 5

/// What the Try screen shows.
public func tryState(_ t: Texts, _ app: AppState, _ trying: Trying) -> TryState {
    let samples = app.bundle?.manifest.golden.filter { $0.inputs.contains { $0.picture != nil } } ?? []
    let tried = trying.tried
    return TryState(
        title: t("try.title"),
        empty: provenFirst(t, app),
        banner: trying.failed.map { Banner(title: t("try.failed"), lines: [$0], tone: .bad) },
        samplesTitle: t("try.samples"),
        samples: samples.map { sample in
            let isChosen = trying.chosen.map { !$0.isPhoto && $0.name == sample.name } ?? false
            return Choice(id: sample.name, text: sample.name, chosen: isChosen)
        },
        photo: Button(text: t("try.photo"), enabled: !trying.busy),
        configurations: choices(t, app, trying.configuration),
        configurationsTitle: t("try.runs_on"),
        busy: trying.busy,
        seen: tried.map {
            Seen(picture: $0.seen, text: t("try.seen", String($0.seen.height), String($0.seen.width)))
        },
        answers: tried.map { answers(t, $0.guesses, shown) } ?? [],
        answersTitle: t("try.answers"),
        times: tried.map { times(t, $0) } ?? [],
        timesTitle: t("try.times"),
        notes: notes(t, app, tried))
}

/// Why a screen that runs the network has nothing to show yet: no bundle, another task, or nothing proven.
func provenFirst(_ t: Texts, _ app: AppState) -> Empty? {
    let toBundle = Button(text: t("empty.to_bundle"))
    guard let bundle = app.bundle else {
        return Empty(title: t("empty.no_bundle_title"), text: t("empty.no_bundle"), button: toBundle)
    }
    if let refusal = taskRefusal(t, bundle.manifest) {
        return Empty(title: t("empty.task_title"), text: refusal, button: toBundle)
    }
    return app.proven.isEmpty
        ? Empty(title: t("empty.not_proven_title"), text: t("empty.not_proven"), button: toBundle) : nil
}

/// The proven configurations; the first is chosen where `chosen` is none of them.
func choices(_ t: Texts, _ app: AppState, _ chosen: String?) -> [Choice] {
    let current = chosenConfiguration(app, chosen)?.name
    return app.proven.map { Choice(id: $0.name, text: fullName(t, $0), chosen: $0.name == current) }
}

/// The proven configuration with the name `chosen`, else the first; nil where none is proven.
func chosenConfiguration(_ app: AppState, _ chosen: String?) -> Configuration? {
    app.proven.first { $0.name == chosen } ?? app.proven.first
}

/// The first `count` of the guesses.
func answers(_ t: Texts, _ guesses: [Guess], _ count: Int) -> [Answer] {
    guesses.prefix(count).map {
        Answer(name: $0.label ?? t("try.class", String($0.index)), percent: t.percent($0.score), share: $0.score)
    }
}

private func times(_ t: Texts, _ tried: Tried) -> [Fact] {
    [
        Fact(label: t("try.decode"), value: t.ms(Double(tried.decodeNanos) / 1e6)),
        Fact(label: t("try.preprocess"), value: t.ms(Double(tried.preprocessNanos) / 1e6)),
        Fact(label: t("try.run"), value: t.ms(Double(tried.runNanos) / 1e6)),
    ]
}

private func notes(_ t: Texts, _ app: AppState, _ tried: Tried?) -> [String] {
    guard let bundle = app.bundle else { return [] }
    let isSeeded = bundle.manifest.model.weights.statement == seededStatement
    let notes = [
        isSeeded ? t("try.seeded") : nil,
        tried != nil && bundle.manifest.labels == nil ? t("try.no_labels") : nil,
        tried != nil ? t("try.one_run") : nil,
        tried?.chosen.isJpeg == true ? t("try.jpeg") : nil,
    ]
    return notes.compactMap { $0 }
}
