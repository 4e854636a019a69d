package io.github.efficientmod.core

/** What a run is doing; the words are those of `status.json`. */
enum class RunStep(
    val word: String,
    val text: String,
) {
    IMPORT("import", "reading the bundle"),
    REPLAY("replay", "proving"),
    OPEN("open", "opening"),
    WAIT("wait", "waiting until the device is cool"),
    WARMUP("warmup", "warming up"),
    BURST("burst", "timing back to back"),
    PACED("paced", "timing with pauses"),
    SUSTAINED("sustained", "timing for long"),
    MEMORY("memory", "reading the memory"),
    REPORT("report", "writing the report"),
}

/**
 * Where a run stands: a [step] of a [configuration] (null where it is about none). The step begins at the [fraction] of the
 * whole, ends at [until], and takes about [seconds].
 */
data class RunProgress(
    val step: RunStep,
    val configuration: String?,
    val fraction: Double,
    val until: Double = fraction,
    val seconds: Double = 0.0,
) {
    /** The fraction of the whole when the step has gone on for [elapsed] seconds. */
    fun fractionAfter(elapsed: Double): Double =
        if (seconds == 0.0) fraction else fraction + (until - fraction) * (elapsed / seconds).coerceAtMost(1.0)
}
