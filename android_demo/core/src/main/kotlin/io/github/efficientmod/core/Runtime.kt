package io.github.efficientmod.core

import java.nio.file.Path

/**
 * An inference runtime as this app has it. An implementation hands calls through and decides nothing: what its library
 * throws it lets pass, and the core makes a sentence of it ([tryOpen]). It never falls back to another unit.
 */
interface Runtime {
    /** Such as "LiteRT". */
    val name: String

    /** The version of the library that the app is built with. */
    val version: String

    /** The manifest's targets that it runs, such as "tflite". */
    val targets: Set<String>

    /** The dtypes that its sessions take and give. */
    val dtypes: Set<Dtype>

    /** What this build offers. */
    val modes: List<Mode>

    /** Loads [file] without any cache of compiled code. The thread that opens a session also runs and closes it. */
    fun open(
        file: Path,
        configuration: Configuration,
    ): Session
}

/**
 * One way in which a runtime computes: [unit] is "cpu" or "gpu", [computePrecision] "float32", "float16" or "int8", and
 * [choosesThreads] whether the count of threads is the caller's choice.
 */
data class Mode(
    val unit: String,
    val computePrecision: String,
    val choosesThreads: Boolean,
)

/** An artifact of the bundle in one mode of one runtime; [threads] is null where there is no choice. */
data class Configuration(
    val artifact: Artifact,
    val runtime: String,
    val unit: String,
    val computePrecision: String,
    val threads: Int?,
) {
    /** Such as `tflite-fp32:cpu:float32:4`, as a headless run names it. */
    val name: String
        get() =
            listOfNotNull("${artifact.target}-${artifact.precision}", unit, computePrecision, threads)
                .joinToString(":")
}

/**
 * A loaded artifact. The core times [write], [run] and [read] apart. Inputs and outputs have the order, layouts and
 * dtypes of the manifest's artifact.
 */
interface Session : AutoCloseable {
    /** What the runtime tells of it. */
    val facts: SessionFacts

    /** Copies inputs into the runtime's own buffers, which were made when it was opened. */
    fun write(inputs: List<Values>)

    /** Runs once. On a GPU the results may be ready only when they are read. */
    fun run()

    /** Copies the outputs out of the runtime's buffers. */
    fun read(): List<Values>
}

/**
 * What a runtime tells of a session: the [backends] that take part, the operators that stay [outside] them (null where
 * that is not known), the [computePrecision] that really takes place, the [processor]'s name as its driver gives it,
 * whether that is [software] which only imitates the unit, and how long compiling took where it can be told.
 */
data class SessionFacts(
    val backends: List<String>,
    val computePrecision: String,
    val options: Map<String, String> = emptyMap(),
    val outside: List<String>? = null,
    val processor: String? = null,
    val software: Boolean = false,
    val compileNanos: Long? = null,
)

/**
 * Thrown by a runtime that knows that it does not run an artifact as asked, such as an operator outside the GPU; [code] is
 * the report's.
 */
class RefusedException(
    override val message: String,
    val code: String = NOT_ACCELERATED,
) : Exception(message)

private const val NOT_ACCELERATED = "not_accelerated"

/** What came of opening a session. */
sealed interface Opening {
    /** It is open. */
    data class Opened(
        val session: Session,
    ) : Opening

    /** The runtime does not run the artifact on this unit; nothing is wrong with either. */
    data class Refused(
        val sentence: String,
        val code: String,
    ) : Opening

    /** It must run there, and does not open. */
    data class Failed(
        val sentence: String,
    ) : Opening
}

/**
 * Opens without an exception. Off the processor, a library that throws while it opens does not take the artifact there:
 * [Opening.Refused]. On the processor every artifact must open: [Opening.Failed].
 */
fun Runtime.tryOpen(
    file: Path,
    configuration: Configuration,
): Opening {
    val artifact = configuration.artifact
    val strange = (artifact.inputs + artifact.outputs).map { it.dtype }.toSet() - dtypes
    if (strange.isNotEmpty()) {
        val words = strange.joinToString { it.word }
        return Opening.Refused("this app does not feed $name with $words", NOT_ACCELERATED)
    }
    return runCatching<Opening> { Opening.Opened(open(file, configuration)) }
        .getOrElse { notOpened(it, configuration) }
}

private fun Runtime.notOpened(
    error: Throwable,
    configuration: Configuration,
): Opening {
    val sentence = "$name does not open ${configuration.artifact.file} on the ${configuration.unit}: ${said(error)}"
    return when {
        error is RefusedException -> Opening.Refused(error.message, error.code)
        configuration.unit == "cpu" -> Opening.Failed(sentence)
        else -> Opening.Refused(sentence, NOT_ACCELERATED)
    }
}

/** What came of one call. */
sealed interface Call {
    /** The outputs, when the call began by the clock, and the ns of each of its parts. */
    data class Ran(
        val outputs: List<Values>,
        val start: Long,
        val inputNanos: Long,
        val runNanos: Long,
        val outputNanos: Long,
    ) : Call

    /** The runtime threw. */
    data class Failed(
        val sentence: String,
    ) : Call
}

/** One call with its three parts timed apart. */
fun Session.tryCall(
    inputs: List<Values>,
    clock: Clock,
): Call {
    val start = clock.nanos()
    val ran =
        runCatching {
            write(inputs)
            val written = clock.nanos()
            run()
            val done = clock.nanos()
            val outputs = read()
            Call.Ran(outputs, start, written - start, done - written, clock.nanos() - done)
        }
    return ran.getOrElse { Call.Failed("the runtime failed in a call: ${said(it)}") }
}

/**
 * Every row of every artifact's proofs that a runtime of this app has a mode for, with the row's threads; or with each
 * of [threads] where there is a choice.
 */
fun configurations(
    manifest: Manifest,
    runtimes: List<Runtime>,
    threads: List<Int>? = null,
): List<Configuration> =
    manifest.artifacts
        .filter { it.part == "main" }
        .flatMap { artifact -> artifact.proofs.flatMap { rowConfigurations(artifact, it, runtimes, threads) } }
        .distinct()

private fun rowConfigurations(
    artifact: Artifact,
    row: UnitProof,
    runtimes: List<Runtime>,
    threads: List<Int>?,
): List<Configuration> {
    val runtime = runtimes.firstOrNull { artifact.target in it.targets }
    val mode = runtime?.modes?.firstOrNull { it.unit == row.unit && it.computePrecision == row.computePrecision }
    val counts = if (mode?.choosesThreads == true) threads ?: listOf(row.threads ?: 1) else listOf(null)
    return if (mode == null) {
        emptyList()
    } else {
        counts.map { Configuration(artifact, runtime.name, mode.unit, mode.computePrecision, it) }
    }
}

/** The configuration of a name such as `tflite-fp32:cpu:float32:4`; null where the bundle or this app has none. */
fun configurationOf(
    name: String,
    manifest: Manifest,
    runtimes: List<Runtime>,
): Configuration? {
    val threads =
        name
            .split(':')
            .getOrNull(3)
            ?.toIntOrNull()
            ?.takeIf { it > 0 }
    return configurations(manifest, runtimes, threads?.let { listOf(it) }).firstOrNull { it.name == name }
}

/** The first line of what a library threw. */
internal fun said(error: Throwable): String =
    error.message
        ?.trim()
        ?.lineSequence()
        ?.first()
        ?.ifEmpty { null } ?: error.javaClass.simpleName
