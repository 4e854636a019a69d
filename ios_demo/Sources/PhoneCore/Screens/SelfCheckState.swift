/// The Self-check screen: what a phone alone can show, as a text for an issue.
public struct SelfCheckState: Equatable, Sendable {
    public let title: String
    public let intro: String
    public let checks: [Check]
    public let text: String
    public let copy: Button
    public let share: Button
}

/// What the app found of a runtime: its parts (`backends` or devices), or why it did not even load.
public struct RuntimeCheck: Equatable, Sendable {
    public let name: String
    public let version: String
    public let backends: [String]
    public let failed: String?

    public init(name: String, version: String, backends: [String], failed: String? = nil) {
        self.name = name
        self.version = version
        self.backends = backends
        self.failed = failed
    }
}

/// What the Self-check screen shows. The text is English in every language: it goes into an issue.
public func selfCheckState(
    _ t: Texts, _ device: DeviceFacts, _ runtimes: [RuntimeCheck], _ app: AppState
) -> SelfCheckState {
    let proven = app.found.values.count { $0.isProven }
    let build = Check(
        text: t("check.build"), value: t(device.app.debug ? "condition.debug" : "condition.release"),
        good: !device.app.debug)
    let page = Check(text: t("check.page_size"), value: t("bytes", String(device.pageSizeBytes)), good: true)
    let proofs = Check(
        text: t("check.proofs"), value: t("check.proofs_of", String(proven), String(app.configurations.count)),
        good: app.found.isEmpty ? nil : app.found.values.allSatisfy(\.isProven))
    let parts = runtimes.map {
        Check(
            text: "\($0.name) \($0.version)", value: $0.failed ?? $0.backends.joined(separator: ", "),
            good: $0.failed == nil)
    }
    return SelfCheckState(
        title: t("check.title"), intro: t("check.intro"), checks: [build, page] + parts + [proofs],
        text: text(device, runtimes, app), copy: Button(text: t("check.copy")), share: Button(text: t("check.share")))
}

private func text(_ device: DeviceFacts, _ runtimes: [RuntimeCheck], _ app: AppState) -> String {
    let build = device.app
    let clocks = device.cpuMaxKhz?.map(String.init).joined(separator: ", ") ?? "unknown"
    var lines = [
        "app: \(build.name) \(build.version), \(build.debug ? "debug" : "release") build",
        "device: \(device.manufacturer) \(device.model), \(device.soc ?? "SoC unknown"), \(device.abi)",
        "system: \(device.os) \(device.osVersion), \(device.osBuild ?? "build unknown")",
        "memory: \(device.ramBytes / 1_000_000) MB, pages of \(device.pageSizeBytes) bytes",
        "cores: \(device.cores), at most \(clocks) kHz",
    ]
    for runtime in runtimes {
        let parts = runtime.backends.isEmpty ? "no backend" : runtime.backends.joined(separator: ", ")
        lines.append("\(runtime.name) \(runtime.version): \(runtime.failed.map { "FAILS: \($0)" } ?? parts)")
    }
    lines.append("bundle: \(app.bundle.map { "\($0.manifest.model.name), \($0.sha256)" } ?? "none")")
    let english = Texts("en")
    for configuration in app.configurations {
        let found = app.found[configuration.name]
        let state = found.map { $0.isProven ? "proven" : $0.state.rawValue } ?? "not proven"
        let says = found.flatMap { finding(english, $0) }.map { ": \($0)" } ?? ""
        lines.append("\(configuration.name) \(state)\(says)")
    }
    return lines.joined(separator: "\n")
}
