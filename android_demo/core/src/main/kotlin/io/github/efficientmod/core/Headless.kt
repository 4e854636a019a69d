package io.github.efficientmod.core

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json
import java.io.IOException
import java.nio.file.Path
import java.nio.file.Paths
import java.util.Timer
import kotlin.concurrent.fixedRateTimer

private const val STATUS_VERSION = "1.0"
private const val STATUS = "status.json"
private const val REPORT = "report.json"
private const val HEARTBEAT_MS = 1500L
private val UUID = Regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

/** Where a run stands, as `status.json` has it; docs/phone_report.md, "A run from the laptop", explains the fields. */
@Serializable
data class RunStatus(
    @SerialName("format_version") val formatVersion: String,
    @SerialName("run_id") val runId: String,
    val state: State,
    val step: String,
    val config: String?,
    val fraction: Double,
    @SerialName("at_s") val atS: Double,
    val text: String,
    val code: String?,
) {
    /** Whether the run goes on, or how it ended. */
    @Serializable
    enum class State {
        @SerialName("running")
        RUNNING,

        @SerialName("done")
        DONE,

        @SerialName("failed")
        FAILED,
    }
}

/** The end of a run without a report; [code] is the status's. */
private class RunFailure(
    val code: String,
    override val message: String,
    cause: Throwable? = null,
) : Exception(message, cause)

/**
 * A run that a laptop started: arguments in, `status.json` meanwhile, `report.json` at the end. [import] makes a bundle
 * of the path that the arguments name. [told] gets each status.
 */
class Headless(
    private val runtimes: List<Runtime>,
    private val decoder: PictureDecoder,
    private val platform: Platform,
    private val interruption: Interruption,
    private val import: (Path) -> Bundle,
    private val told: (RunStatus) -> Unit = {},
) {
    private val start = platform.clock.nanos()
    private lateinit var run: String

    @Volatile
    private var progress = start to RunProgress(RunStep.IMPORT, null, 0.0)

    /**
     * Does the whole run on the calling thread, and returns whether there is a report. Keys of [arguments]: `run`,
     * `bundle`, `plan`, `configs`, and the fields of a plan, such as `burst_calls`. Throws [ArgumentException] without a
     * `run`, since there is no place for a status then.
     */
    fun run(arguments: Map<String, String>): Boolean {
        run = arguments["run"]?.takeIf { it.matches(UUID) } ?: throw ArgumentException("run: give a UUID in lower case")
        write(RunStatus.State.RUNNING)
        val heartbeat = heartbeat()
        val ended =
            try {
                runCatching { measure(arguments) }
            } finally {
                heartbeat.cancel()
            }
        val failure = ended.exceptionOrNull()?.let(::failure)
        if (failure == null) write(RunStatus.State.DONE) else runCatching { write(RunStatus.State.FAILED, failure) }
        return failure == null
    }

    private fun measure(arguments: Map<String, String>) {
        val unknown = arguments.keys - setOf("run", "bundle", "plan", "configs") - Plan.FIELD_NAMES
        if (unknown.isNotEmpty()) throw ArgumentException("there is no argument ${unknown.first()}")
        val plan = planOf(arguments)
        val path = arguments["bundle"] ?: throw ArgumentException("bundle: give the path of a bundle")
        val bundle =
            try {
                import(Paths.get(path))
            } catch (error: IOException) {
                throw RunFailure("bundle_refused", "the bundle cannot be read: ${said(error)}", error)
            }
        val configurations = chosen(arguments["configs"], bundle.manifest)
        val bench = Bench(bundle, runtimes, decoder, platform, interruption, ::onProgress)
        val report =
            bench.run(run, plan, configurations)
                ?: throw RunFailure("aborted", interruption.reason?.sentence ?: "the run was ended")
        onProgress(RunProgress(RunStep.REPORT, null, 1.0))
        platform.reports.write(run, REPORT, report.toJson())
    }

    private fun chosen(
        names: String?,
        manifest: Manifest,
    ): List<Configuration> =
        if (names == null) {
            configurations(manifest, runtimes).ifEmpty {
                throw RunFailure("unknown_config", "this app has no runtime for any artifact of the bundle")
            }
        } else {
            names.split(',').distinct().map { name ->
                configurationOf(name, manifest, runtimes)
                    ?: throw RunFailure("unknown_config", "this app cannot run '$name' of this bundle")
            }
        }

    private fun failure(error: Throwable): RunFailure =
        when (error) {
            is RunFailure -> error
            is ArgumentException -> RunFailure("bad_arguments", error.message!!)
            is BundleException, is ImportException -> RunFailure("bundle_refused", error.message!!)
            is IOException -> RunFailure("storage_full", "the report cannot be written: ${said(error)}")
            else -> RunFailure("internal_error", said(error))
        }

    private fun onProgress(now: RunProgress) {
        progress = platform.clock.nanos() to now
        write(RunStatus.State.RUNNING)
    }

    /** The laptop takes a status that stays the same for long as the end of the app. */
    private fun heartbeat(): Timer =
        fixedRateTimer("status", daemon = true, initialDelay = HEARTBEAT_MS, period = HEARTBEAT_MS) {
            runCatching { write(RunStatus.State.RUNNING) }
        }

    @Synchronized
    private fun write(
        state: RunStatus.State,
        failure: RunFailure? = null,
    ) {
        val (began, now) = progress
        val nanos = platform.clock.nanos()
        val doing = listOfNotNull(now.configuration, now.step.text).joinToString(": ")
        val status =
            RunStatus(
                formatVersion = STATUS_VERSION,
                runId = run,
                state = state,
                step = now.step.word,
                config = now.configuration,
                fraction = now.fractionAfter((nanos - began) / 1e9),
                atS = (nanos - start) / 1e9,
                text = failure?.message ?: if (state == RunStatus.State.DONE) "the report is there" else doing,
                code = failure?.code,
            )
        told(status)
        platform.reports.write(run, STATUS, Json.encodeToString(RunStatus.serializer(), status) + "\n")
    }
}

/** The plan of a headless run: one of the three by name, with the fields that the arguments change. */
internal fun planOf(arguments: Map<String, String>): Plan {
    val name = arguments["plan"] ?: "quick"
    val plan =
        Plan.ALL[name] ?: throw ArgumentException("there is no plan '$name'; there are ${Plan.ALL.keys.joinToString()}")
    return arguments
        .filterKeys {
            it in Plan.FIELD_NAMES
        }.entries
        .fold(plan) { made, (field, text) -> made.with(field, text) }
}
