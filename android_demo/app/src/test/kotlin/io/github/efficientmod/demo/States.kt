package io.github.efficientmod.demo

import io.github.efficientmod.core.Artifact
import io.github.efficientmod.core.Bundle
import io.github.efficientmod.core.Condition
import io.github.efficientmod.core.ConfigState
import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.JudgedSample
import io.github.efficientmod.core.Limits
import io.github.efficientmod.core.Load
import io.github.efficientmod.core.MemoryUse
import io.github.efficientmod.core.Outcome
import io.github.efficientmod.core.OutputMetrics
import io.github.efficientmod.core.Phase
import io.github.efficientmod.core.PhaseKind
import io.github.efficientmod.core.Plan
import io.github.efficientmod.core.Preprocessing
import io.github.efficientmod.core.Reason
import io.github.efficientmod.core.Replay
import io.github.efficientmod.core.Report
import io.github.efficientmod.core.ReportedApp
import io.github.efficientmod.core.ReportedBundle
import io.github.efficientmod.core.ReportedConfiguration
import io.github.efficientmod.core.ReportedDevice
import io.github.efficientmod.core.ResizeRule
import io.github.efficientmod.core.Thermal
import io.github.efficientmod.core.Verdict
import io.github.efficientmod.core.Violation
import io.github.efficientmod.core.Weights
import io.github.efficientmod.core.WeightsKind
import io.github.efficientmod.core.openBundle
import io.github.efficientmod.core.percentiles
import io.github.efficientmod.core.phaseStatistics
import io.github.efficientmod.core.screens.AppState
import kotlin.math.exp
import kotlin.math.sin

// What the screens are drawn with: a bundle of EfficientMod-xxs as people have it, and what a phone found of it.

private val VECTORS: Bundle by lazy { openBundle(repository("tests/vectors/bundle").toPath()) }

private fun artifact(
    file: String,
    target: String,
    size: Long,
): Artifact =
    VECTORS.manifest.artifacts
        .first {
            it.target == "tflite"
        }.copy(file = file, target = target, precision = "fp32", size = size)

/** How EfficientMod's pictures are made. */
val PREPROCESSING: Preprocessing by lazy {
    val steps =
        checkNotNull(
            VECTORS.manifest.inputs
                .single()
                .preprocessing,
        )
    steps.copy(
        resize = steps.resize.copy(rule = ResizeRule.SHORTER_SIDE, height = 256, width = 256),
        crop = steps.crop.copy(height = 224, width = 224),
    )
}

val TFLITE = artifact("model.tflite", "tflite", 19_001_008)
val EXECUTORCH = artifact("model.pte", "executorch", 19_386_144)

/** A bundle for [task]; with a checkpoint's weights, else seeded ones. */
fun bundle(
    checkpoint: Boolean = true,
    task: String = "classification",
): Bundle {
    val manifest = VECTORS.manifest
    val weights =
        if (checkpoint) {
            Weights(WeightsKind.CHECKPOINT, "8d0c".repeat(16), null, "checkpoint efficientmod_xxs.pth")
        } else {
            manifest.model.weights
        }
    val input = manifest.inputs.single()
    val sample = manifest.golden.first()
    val named = listOf("china", "flower", "gradient", "checkerboard", "noise").map { sample.copy(name = it) }
    return Bundle(
        VECTORS.folder,
        manifest.copy(
            task = task,
            model = manifest.model.copy(name = "efficientmod_xxs", numClasses = 1000, weights = weights),
            inputs = listOf(input.copy(shape = listOf(1, 3, 224, 224))),
            artifacts = listOf(TFLITE, EXECUTORCH),
            golden = named,
        ),
        "3fa94c0d81be".padEnd(64, '0'),
    )
}

val CPU = Configuration(TFLITE, "LiteRT", "cpu", "float32", 4)
val GPU32 = Configuration(TFLITE, "LiteRT", "gpu", "float32", null)
val GPU16 = Configuration(TFLITE, "LiteRT", "gpu", "float16", null)
val XNNPACK = Configuration(EXECUTORCH, "ExecuTorch", "cpu", "float32", 4)
val ALL = listOf(CPU, GPU32, GPU16, XNNPACK)

private val LIMITS = Limits(1e-4, 1e-5, 0.999999, 80.0, 2e-5)

private fun replay(
    error: Double,
    repeatable: Boolean = true,
    again: Outcome? = null,
): Replay {
    val metrics = OutputMetrics(0, 20.0, error * 20, error, error, error / 10, 1.0, 120.0, null, null)
    val samples =
        listOf("china", "flower", "gradient", "checkerboard", "noise").map {
            JudgedSample(it, listOf(metrics), emptyList())
        }
    return Replay(
        emptyList(),
        Verdict(Outcome.PASSED, LIMITS, samples, listOf(metrics), emptyList()),
        repeatable,
        emptyList(),
        again,
    )
}

/** A replay whose first picture is off by [error]. */
private fun wrong(error: Double): Replay {
    val replay = replay(error)
    val violations = listOf(Violation(0, "max_relative_error"))
    return replay.copy(verdict = replay.verdict.copy(outcome = Outcome.FAILED, violations = violations))
}

/** What was found of [configuration]. */
fun found(
    configuration: Configuration,
    state: ConfigState = ConfigState.PROVEN,
    reason: Reason? = null,
    replay: Replay? = if (state == ConfigState.REFUSED || state == ConfigState.FAILED) null else replay(8.2e-7),
): ReportedConfiguration =
    ReportedConfiguration(
        artifact = configuration.artifact.file,
        artifactSha256 = configuration.artifact.sha256,
        target = configuration.artifact.target,
        precision = configuration.artifact.precision,
        runtime = configuration.runtime,
        runtimeVersion = if (configuration.runtime == "LiteRT") "2.3.2" else "1.4.1",
        unit = configuration.unit,
        computePrecision = configuration.computePrecision,
        threads = configuration.threads,
        options = emptyMap(),
        processor = null,
        software = false,
        backends = listOf("XNNPACK"),
        outside = null,
        placement = null,
        state = state,
        reason = reason,
        replay = replay,
        load = null,
        waits = emptyList(),
        phases = emptyList(),
        latency = null,
        memory = null,
    )

val FAILS = found(GPU16, ConfigState.FAILED, Reason("wrong_result", "output 0: ..."), wrong(3.1e-2))
val REFUSED =
    found(
        GPU32,
        ConfigState.REFUSED,
        Reason("not_accelerated", "LiteRT does not open model.tflite on the gpu: 3 operators stay outside"),
    )

/** After a proof on a phone whose GPU is of no use. */
fun provenApp(checkpoint: Boolean = true): AppState =
    AppState(
        bundle(checkpoint),
        configurations = ALL,
        found =
            listOf(
                CPU to found(CPU),
                GPU32 to REFUSED,
                GPU16 to FAILS,
                XNNPACK to found(XNNPACK, replay = replay(9.6e-7, repeatable = false)),
            ).associate { (configuration, found) -> configuration.name to found },
    )

private fun phase(
    kind: PhaseKind,
    started: Double,
    runs: List<Long>,
    starts: List<Long> = runs.runningFold(0L) { sum, run -> sum + run + 150_000 }.dropLast(1),
): Phase =
    Phase(
        kind,
        1,
        null,
        started,
        starts,
        runs.map { 90_000 },
        runs,
        runs.map { 20_000 },
        phaseStatistics(starts.toLongArray(), runs.toLongArray()),
    )

private fun noise(index: Int) = (sin(index * 12.9898) * 43758.5453).let { it - kotlin.math.floor(it) }

private fun measured(
    configuration: Configuration,
    base: Double,
    sustained: Boolean,
    state: ConfigState = ConfigState.MEASURED,
    reason: Reason? = null,
): ReportedConfiguration {
    val burst = List(1024) { (base * (1 + 0.02 * noise(it) + 0.12 * exp(-40 * noise(it + 7))) * 1e6).toLong() }
    val paced = List(100) { (base * (1.18 + 0.05 * noise(it)) * 1e6).toLong() }
    val long = List(600) { (base * (1 + 0.65 / (1 + exp(-(it - 260) / 60.0)) + 0.02 * noise(it)) * 1e6).toLong() }
    val phases = listOf(phase(PhaseKind.BURST, 12.0, burst), phase(PhaseKind.PACED, 30.0, paced))
    return found(configuration, state, reason, replay(8.2e-7, again = Outcome.PASSED)).copy(
        load = Load(listOf(61_000_000, 33_000_000, 32_500_000), listOf(21_000_000, 9_000_000, 8_900_000), null, null),
        phases =
            phases +
                if (sustained) {
                    listOf(
                        phase(PhaseKind.SUSTAINED, 60.0, long, List(600) { it * 1_000_000_000L }),
                    )
                } else {
                    emptyList()
                },
        latency = percentiles(burst.toLongArray()),
        memory = MemoryUse("rss", 92_000_000, 131_000_000, 148_000_000, null, null),
    )
}

private fun conditions(heats: Boolean) =
    List(71) { index ->
        val at = index * 10.0
        val thermal =
            when {
                heats && at > 500 -> Thermal.SEVERE
                heats && at > 260 -> Thermal.MODERATE
                else -> Thermal.NONE
            }
        Condition(at, thermal, null, 27.4 + if (heats) at / 120 else 0.6, false, false, 0.4, true)
    }

/** A run's report. */
fun report(
    sustained: Boolean = false,
    debug: Boolean = false,
): Report {
    val state = if (debug) ConfigState.VOID else ConfigState.MEASURED
    val reason = if (debug) Reason("debug_build", "this is a debug build of the app") else null
    val bundle = bundle()
    return Report(
        "1.0",
        "0b9f6a2e-4b1d-4c8e-9a77-0d8a51f0c9e1",
        "2026-11-27T09:30:05Z",
        ReportedApp("io.github.efficientmod.demo", "0.1.0", if (debug) "debug" else "release", "android"),
        Plan.ALL.getValue(if (sustained) "sustained" else "standard"),
        ReportedBundle(
            bundle.sha256,
            "efficientmod_xxs",
            bundle.manifest.model.weights,
            listOf(224, 224),
            bundle.manifest.generator,
        ),
        ReportedDevice(
            "Google",
            "Pixel 9",
            "Tensor G4",
            false,
            "Android",
            "16",
            "BP2A",
            "arm64-v8a",
            8,
            null,
            12_000_000_000,
            16384,
        ),
        conditions(sustained),
        if (sustained) {
            listOf(measured(CPU, 8.31, true))
        } else {
            listOf(
                measured(CPU, 8.31, false, state, reason),
                measured(XNNPACK, 9.64, false, state, reason),
                REFUSED,
                FAILS,
            )
        },
        null,
    )
}
