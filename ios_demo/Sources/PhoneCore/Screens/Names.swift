private let targets = [
    "coreml": "Core ML", "executorch": "ExecuTorch", "executorch-coreml": "ExecuTorch Core ML", "tflite": "TFLite",
]

/// Such as "Core ML fp16".
func artifactName(_ artifact: Artifact) -> String {
    "\(targets[artifact.target] ?? artifact.target) \(artifact.precision)"
}

/// Such as "CPU, float32, 4 threads".
func modeName(_ t: Texts, _ configuration: Configuration, _ computePrecision: String? = nil) -> String {
    let threads = configuration.threads.map { t.counted("mode.threads", $0) }
    let precision = computePrecision ?? configuration.mode.computePrecision
    return [unitName(t, configuration.mode.unit), precision, threads].compactMap { $0 }.joined(separator: ", ")
}

func unitName(_ t: Texts, _ unit: String) -> String {
    switch unit {
    case "cpu": t("unit.cpu")
    case "gpu": t("unit.gpu")
    case "neural_engine": t("unit.neural_engine")
    case "all": t("unit.all")
    default: unit
    }
}

/// Such as "Core ML fp16 on Neural Engine, float16".
func fullName(_ t: Texts, _ configuration: Configuration) -> String {
    t("mode.on", artifactName(configuration.artifact), modeName(t, configuration))
}

/// The state of a configuration in a word.
func stateChip(_ t: Texts, _ state: ReportedConfiguration.State) -> Chip {
    switch state {
    case .measured: Chip(text: t("state.measured"), tone: .good)
    case .proven: Chip(text: t("state.proven"), tone: .good)
    case .failed: Chip(text: t("state.failed"), tone: .bad)
    case .refused: Chip(text: t("state.refused"), tone: .off)
    case .void: Chip(text: t("state.void"), tone: .warning)
    }
}

/// What a replay found, in a sentence; nil where there was none and no reason.
func finding(_ t: Texts, _ found: ReportedConfiguration) -> String? {
    guard let replay = found.replay, replay.passed else { return found.reason?.text }
    let error = replay.verdict.worst.map(\.maxRelativeError).max()!
    let proven = t.counted("proof.proven", replay.verdict.samples.count, t.error(error))
    return replay.repeatable ? proven : "\(proven) \(t("proof.not_repeatable"))"
}
