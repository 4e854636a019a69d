package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Artifact
import io.github.efficientmod.core.ConfigState
import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.Outcome
import io.github.efficientmod.core.ReportedConfiguration

private val TARGETS =
    mapOf("tflite" to "TFLite", "executorch" to "ExecuTorch", "executorch-vulkan" to "ExecuTorch Vulkan")

/** Such as "TFLite fp32". */
internal fun artifactName(
    target: String,
    precision: String,
): String = "${TARGETS[target] ?: target} $precision"

internal fun artifactName(artifact: Artifact): String = artifactName(artifact.target, artifact.precision)

/** Such as "CPU, float32, 4 threads". */
internal fun modeName(
    t: Texts,
    unit: String,
    computePrecision: String,
    threads: Int?,
): String =
    listOfNotNull(
        unitName(t, unit),
        computePrecision,
        threads?.let { t.counted("mode.threads", it) },
    ).joinToString(", ")

internal fun modeName(
    t: Texts,
    configuration: Configuration,
): String = modeName(t, configuration.unit, configuration.computePrecision, configuration.threads)

internal fun unitName(
    t: Texts,
    unit: String,
): String =
    when (unit) {
        "cpu" -> t("unit.cpu")
        "gpu" -> t("unit.gpu")
        else -> unit
    }

/** Such as "TFLite fp32 on CPU, float32, 4 threads". */
internal fun fullName(
    t: Texts,
    configuration: Configuration,
): String = t("mode.on", artifactName(configuration.artifact), modeName(t, configuration))

/** The state of a configuration in a word. */
internal fun stateChip(
    t: Texts,
    state: ConfigState,
): Chip =
    when (state) {
        ConfigState.MEASURED -> Chip(t("state.measured"), Tone.GOOD)
        ConfigState.PROVEN -> Chip(t("state.proven"), Tone.GOOD)
        ConfigState.FAILED -> Chip(t("state.failed"), Tone.BAD)
        ConfigState.REFUSED -> Chip(t("state.refused"), Tone.OFF)
        ConfigState.VOID -> Chip(t("state.void"), Tone.WARNING)
    }

/** What a replay found, in a sentence; null where there was none and no reason. */
internal fun finding(
    t: Texts,
    found: ReportedConfiguration,
): String? {
    val replay = found.replay
    if (replay == null || !replay.passed) return why(t, found)
    val samples = replay.verdict.samples.size
    val error = replay.verdict.worst.maxOf { it.maxRelativeError }
    val proven = t.counted("proof.proven", samples, t.error(error))
    return if (replay.repeatable) proven else "$proven ${t("proof.not_repeatable")}"
}

/** Whether it was proven on this device, and not found otherwise after a timing, so that its latency may be shown. */
internal val ReportedConfiguration.isProven: Boolean
    get() {
        val replay = replay
        return state != ConfigState.FAILED && replay != null && replay.passed && replay.again != Outcome.FAILED
    }
