/// The Bundle screen: what was imported, and what was proven of it on this phone.
public struct BundleState: Equatable, Sendable {
    public let title: String
    public let empty: Empty?
    public let busy: Busy?
    public let banner: Banner?
    public let model: ModelCard?
    public let artifacts: [ArtifactCard]
    public let prove: Button?
    public let open: Button
    public let openFolder: Button
    public let laptop: String
    public let selfCheck: String
}

/// Something that takes a while; `fraction` is nil where its end is unknown.
public struct Busy: Equatable, Sendable {
    public let text: String
    public let fraction: Double?
}

/// The network.
public struct ModelCard: Equatable, Sendable {
    public let name: String
    public let task: String
    public let weights: Chip
    public let facts: [Fact]
}

/// A file of the bundle, and where this phone can run it.
public struct ArtifactCard: Equatable, Sendable {
    public let title: String
    public let size: String
    public let rows: [ProofRow]
}

/// One way to run it; `detail` is what the replay found.
public struct ProofRow: Equatable, Sendable {
    public let title: String
    public let chip: Chip
    public let detail: String?
}

private let digestShown = 12
let classification = "classification"
let seededStatement = "seeded: for latency only"

/// What the Bundle screen shows of `app`.
public func bundleState(_ t: Texts, _ app: AppState) -> BundleState {
    let isFree = app.importing == nil && app.proving == nil
    let open = Button(text: t("bundle.open"), enabled: isFree)
    let isShown = app.bundle.map { taskRefusal(t, $0.manifest) == nil } ?? false
    return BundleState(
        title: t("bundle.title"),
        empty: app.bundle == nil
            ? Empty(title: t("bundle.empty_title"), text: t("bundle.empty_text"), button: open) : nil,
        busy: busy(t, app),
        banner: app.refused.map { Banner(title: t("bundle.refused", $0.name), lines: $0.problems, tone: .bad) }
            ?? taskBanner(t, app),
        model: app.bundle.map { modelCard(t, $0) },
        artifacts: app.bundle?.manifest.artifacts.compactMap { artifactCard(t, $0, app) } ?? [],
        prove: isShown ? proveButton(t, app) : nil,
        open: Button(text: t(app.bundle == nil ? "bundle.open" : "bundle.open_other"), enabled: isFree),
        openFolder: Button(text: t("bundle.open_folder"), enabled: isFree),
        laptop: t("bundle.laptop"),
        selfCheck: t("check.title"))
}

/// Why this app cannot show what a network of this task gives, in one sentence; nil where it can.
public func taskRefusal(_ t: Texts, _ manifest: Manifest) -> String? {
    if manifest.task != classification { return t("bundle.task", manifest.task) }
    return manifest.takesOnePicture ? nil : t("bundle.inputs")
}

extension Manifest {
    /// Whether one picture is all that the network takes.
    var takesOnePicture: Bool { inputs.count == 1 && inputs[0].preprocessing != nil }

    /// The input that is a picture; nil where the network has none.
    var picture: Input? { inputs.first { $0.preprocessing != nil } }
}

private func taskBanner(_ t: Texts, _ app: AppState) -> Banner? {
    app.bundle.flatMap { taskRefusal(t, $0.manifest) }.map { Banner(title: $0, lines: [], tone: .warning) }
}

private func busy(_ t: Texts, _ app: AppState) -> Busy? {
    if let importing = app.importing {
        return Busy(text: t("bundle.importing", importing.name), fraction: importing.fraction)
    }
    guard let proving = app.proving,
        let configuration = app.configurations.first(where: { $0.name == proving.name })
    else { return nil }
    let fraction = Double(proving.done) / Double(proving.count)
    return Busy(text: t("bundle.proving", fullName(t, configuration)), fraction: fraction)
}

private func modelCard(_ t: Texts, _ bundle: ModelBundle) -> ModelCard {
    let manifest = bundle.manifest
    let statement = manifest.model.weights.statement
    let isSeeded = statement == seededStatement
    let files = String(manifest.files.count + 1)
    let task = [
        t.known("task.", manifest.task) ?? manifest.task,
        manifest.picture.map { "\($0.shape[2]) × \($0.shape[3])" },
        manifest.model.numClasses.map { t.counted("bundle.classes", $0) },
    ]
    return ModelCard(
        name: manifest.model.name,
        task: task.compactMap { $0 }.joined(separator: " · "),
        weights: Chip(text: isSeeded ? t("bundle.seeded") : statement, tone: isSeeded ? .warning : .plain),
        facts: [
            Fact(label: t("bundle.files"), value: t("bundle.files_as_written", files, files)),
            Fact(label: t("bundle.size"), value: t.bytes(manifest.files.map(\.stored.size).reduce(0, +))),
            Fact(label: t("bundle.generator"), value: "\(manifest.generator.name) \(manifest.generator.version)"),
            Fact(label: t("bundle.digest"), value: String(bundle.sha256.prefix(digestShown))),
        ])
}

private func artifactCard(_ t: Texts, _ artifact: Artifact, _ app: AppState) -> ArtifactCard? {
    let configurations = app.configurations.filter { $0.artifact == artifact }
    guard !configurations.isEmpty else { return nil }
    return ArtifactCard(
        title: artifactName(artifact), size: t.bytes(artifact.stored.size),
        rows: configurations.map { proofRow(t, $0, app) })
}

private func proofRow(_ t: Texts, _ configuration: Configuration, _ app: AppState) -> ProofRow {
    let found = app.found[configuration.name]
    let chip: Chip
    if app.proving?.name == configuration.name {
        chip = Chip(text: t("state.proving"), tone: .busy)
    } else if let found {
        chip = found.isProven ? Chip(text: t("state.proven"), tone: .good) : stateChip(t, found.state)
    } else {
        chip = Chip(text: t("state.not_proven"), tone: .plain)
    }
    return ProofRow(title: modeName(t, configuration), chip: chip, detail: found.flatMap { finding(t, $0) })
}

private func proveButton(_ t: Texts, _ app: AppState) -> Button {
    let again = !app.configurations.isEmpty && app.configurations.allSatisfy { app.found[$0.name] != nil }
    let text = t(again ? "bundle.prove_again" : "bundle.prove")
    if app.configurations.isEmpty { return Button(text: text, enabled: false, why: t("bundle.nothing_runs")) }
    if app.proving != nil { return Button(text: t("bundle.proving_button"), enabled: false) }
    return Button(text: text, enabled: app.importing == nil)
}
