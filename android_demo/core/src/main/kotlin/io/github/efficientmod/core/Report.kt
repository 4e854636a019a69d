package io.github.efficientmod.core

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json
import java.util.Base64

// The classes of report.schema.json; docs/phone_report.md explains every field.

/** The version of reports that this app writes. */
const val REPORT_VERSION = "1.0"

/** Of all golden outputs of a configuration together; a report leaves out the values of larger ones. */
const val RAW_LIMIT_BYTES = 16L * 1024 * 1024

private val JSON = Json { encodeDefaults = true }

/** What the app found on one device with one bundle. */
@Serializable
data class Report(
    @SerialName("format_version") val formatVersion: String,
    @SerialName("run_id") val runId: String,
    @SerialName("started_at") val startedAt: String,
    val app: ReportedApp,
    val plan: Plan,
    val bundle: ReportedBundle,
    val device: ReportedDevice,
    val conditions: List<Condition>,
    val configs: List<ReportedConfiguration>,
    val camera: ReportedCamera?,
) {
    /** The text of a report's file. */
    fun toJson(): String = JSON.encodeToString(serializer(), this) + "\n"

    /** Reads reports. */
    companion object {
        /** A report that this app wrote. */
        fun of(text: String): Report = JSON.decodeFromString(serializer(), text)
    }
}

/** The app that measured. */
@Serializable
data class ReportedApp(
    val name: String,
    val version: String,
    val build: String,
    val platform: String,
)

/** The bundle that was measured; [resolution] is (H, W), null without a picture input. */
@Serializable
data class ReportedBundle(
    @SerialName("manifest_sha256") val manifestSha256: String,
    val model: String,
    val weights: Weights,
    val resolution: List<Int>?,
    val generator: Generator,
)

/** The device, as its system describes it. */
@Serializable
data class ReportedDevice(
    val manufacturer: String,
    val model: String,
    val soc: String?,
    val emulator: Boolean,
    val os: String,
    @SerialName("os_version") val osVersion: String,
    @SerialName("os_build") val osBuild: String?,
    val abi: String,
    val cores: Int,
    @SerialName("cpu_max_khz") val cpuMaxKhz: List<Int>?,
    @SerialName("ram_bytes") val ramBytes: Long,
    @SerialName("page_size_bytes") val pageSizeBytes: Long,
)

/** The device at one moment. */
@Serializable
data class Condition(
    @SerialName("at_s") val atS: Double,
    val thermal: Thermal?,
    val headroom: Double?,
    @SerialName("battery_c") val batteryC: Double?,
    val charging: Boolean?,
    @SerialName("power_saver") val powerSaver: Boolean?,
    val brightness: Double?,
    val foreground: Boolean,
)

/** Android's thermal states, by their number. */
@Serializable
enum class Thermal {
    @SerialName("none")
    NONE,

    @SerialName("light")
    LIGHT,

    @SerialName("moderate")
    MODERATE,

    @SerialName("severe")
    SEVERE,

    @SerialName("critical")
    CRITICAL,

    @SerialName("emergency")
    EMERGENCY,

    @SerialName("shutdown")
    SHUTDOWN,
    ;

    /** Whether the system slows down, so that timings mean nothing. */
    val tooHot: Boolean get() = this >= SEVERE
}

/** What was found of one configuration. */
@Serializable
data class ReportedConfiguration(
    val artifact: String,
    @SerialName("artifact_sha256") val artifactSha256: String,
    val target: String,
    val precision: String,
    val runtime: String,
    @SerialName("runtime_version") val runtimeVersion: String,
    val unit: String,
    @SerialName("compute_precision") val computePrecision: String,
    val threads: Int?,
    val options: Map<String, String>,
    val processor: String?,
    val software: Boolean,
    val backends: List<String>,
    val outside: List<String>?,
    val placement: Placement?,
    val state: ConfigState,
    val reason: Reason?,
    val replay: Replay?,
    val load: Load?,
    val waits: List<Wait>,
    val phases: List<Phase>,
    val latency: Percentiles?,
    val memory: MemoryUse?,
)

/** What came of a configuration. */
@Serializable
enum class ConfigState {
    /** Proven before and after, and timed. */
    @SerialName("measured")
    MEASURED,

    /** Proven, and not timed. */
    @SerialName("proven")
    PROVEN,

    /** It does not compute what the reference computes, or an open or a call failed. */
    @SerialName("failed")
    FAILED,

    /** The runtime does not run it on this unit. */
    @SerialName("refused")
    REFUSED,

    /** Proven, but what was timed does not count. */
    @SerialName("void")
    VOID,
}

/** Why a configuration failed, was refused or is void. */
@Serializable
data class Reason(
    val code: String,
    val text: String,
)

/** Core ML's; always null in this app. */
@Serializable
data class Placement(
    val cpu: Long,
    val gpu: Long,
    @SerialName("neural_engine") val neuralEngine: Long,
)

/** The golden samples on the device. [again] is the outcome of a replay after the timing, null where none took place. */
@Serializable
data class Replay(
    val preprocessing: List<DifferingValues>,
    val verdict: Verdict,
    val repeatable: Boolean,
    val outputs: List<SampleOutputs>,
    val again: Outcome?,
) {
    /** Whether the pictures became the golden tensors, and the outputs are within the limits. */
    val passed: Boolean get() = verdict.passed && preprocessing.all { it.differing == 0 }
}

/** How many values of a sample's preprocessed input differ from the golden tensor, compared as bits. */
@Serializable
data class DifferingValues(
    val sample: String,
    val input: String,
    val differing: Int,
)

/** What the artifact gave for one sample, in the order of the network's outputs. */
@Serializable
data class SampleOutputs(
    val sample: String,
    val outputs: List<RawOutput>,
)

/** Values as a golden file has them, in base64; null where they are too many. */
@Serializable
data class RawOutput(
    val shape: List<Int>,
    val dtype: String,
    val base64: String?,
) {
    /** Made of values. */
    companion object {
        /** With the values where [whole]. */
        fun of(
            values: Values,
            whole: Boolean,
        ): RawOutput {
            val text = if (whole) Base64.getEncoder().encodeToString(values.bytes) else null
            return RawOutput(values.shape, values.dtype.word, text)
        }
    }
}

/** The wait before a configuration's turn; [cooled] is false where it ended at the plan's limit. */
@Serializable
data class Wait(
    @SerialName("started_s") val startedS: Double,
    @SerialName("waited_s") val waitedS: Double,
    val cooled: Boolean,
)

/** Each cold open, and the first call after it. */
@Serializable
data class Load(
    @SerialName("open_ns") val openNs: List<Long>,
    @SerialName("first_call_ns") val firstCallNs: List<Long>,
    @SerialName("compile_ns") val compileNs: Long?,
    @SerialName("first_ever") val firstEver: Boolean?,
)

/** The kinds of a phase. */
@Serializable
enum class PhaseKind {
    @SerialName("warmup")
    WARMUP,

    @SerialName("burst")
    BURST,

    @SerialName("paced")
    PACED,

    @SerialName("sustained")
    SUSTAINED,
}

/** Runs of one kind; [outputNs] is null where [runNs] includes it. */
@Serializable
data class Phase(
    val kind: PhaseKind,
    val round: Int,
    @SerialName("interval_ms") val intervalMs: Double?,
    @SerialName("started_s") val startedS: Double,
    @SerialName("start_ns") val startNs: List<Long>,
    @SerialName("input_ns") val inputNs: List<Long>,
    @SerialName("run_ns") val runNs: List<Long>,
    @SerialName("output_ns") val outputNs: List<Long>?,
    val statistics: PhaseStatistics,
)

/** Memory of the process, read in a pass in which nothing is timed. */
@Serializable
data class MemoryUse(
    val kind: String,
    @SerialName("before_bytes") val beforeBytes: Long,
    @SerialName("opened_bytes") val openedBytes: Long,
    @SerialName("peak_bytes") val peakBytes: Long,
    @SerialName("anon_bytes") val anonBytes: Long?,
    @SerialName("file_bytes") val fileBytes: Long?,
)

/** The live picture; [config] is the index of the configuration that ran. */
@Serializable
data class ReportedCamera(
    val config: Int,
    val seconds: Double,
    val frames: Int,
    val dropped: Int,
    @SerialName("preprocess_ns") val preprocessNs: List<Long>,
    @SerialName("end_to_end_ns") val endToEndNs: List<Long>,
    val preprocess: Spread,
    @SerialName("end_to_end") val endToEnd: Spread,
)
