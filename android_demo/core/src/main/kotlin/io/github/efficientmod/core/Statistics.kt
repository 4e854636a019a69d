package io.github.efficientmod.core

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlin.math.abs
import kotlin.math.floor

// docs/phone_report.md, "Statistics", defines everything in this file.

private const val LEAST_RUNS_FOR_P99 = 500
private const val BLOCK = 10
private const val MINUTE_NANOS = 60_000_000_000L
private const val WINDOW_NANOS = 10_000_000_000L
private const val NANOS_PER_MS = 1e6

/** [count] timings in milliseconds; p99 is null below 500 of them. */
@Serializable
data class Percentiles(
    val count: Int,
    @SerialName("p50_ms") val p50Ms: Double,
    @SerialName("p90_ms") val p90Ms: Double,
    @SerialName("p99_ms") val p99Ms: Double?,
    @SerialName("min_ms") val minMs: Double,
    @SerialName("mean_ms") val meanMs: Double,
)

/** Those of a phase; [steadiness] is null below 20 runs, [drift] below two minutes. */
@Serializable
data class PhaseStatistics(
    val count: Int,
    @SerialName("p50_ms") val p50Ms: Double,
    @SerialName("p90_ms") val p90Ms: Double,
    @SerialName("p99_ms") val p99Ms: Double?,
    @SerialName("min_ms") val minMs: Double,
    @SerialName("mean_ms") val meanMs: Double,
    val steadiness: Double?,
    val drift: Double?,
)

/** Median and 90th percentile in milliseconds. */
@Serializable
data class Spread(
    @SerialName("p50_ms") val p50Ms: Double,
    @SerialName("p90_ms") val p90Ms: Double,
)

/** The runs that start within ten seconds of a phase, from [startS] on. */
data class Window(
    val startS: Int,
    val count: Int,
    val p50Ms: Double,
)

/** Of at least one timing in ns. */
fun percentiles(runNanos: LongArray): Percentiles {
    val sorted = runNanos.sortedArray()
    return Percentiles(
        count = sorted.size,
        p50Ms = percentile(sorted, 50.0) / NANOS_PER_MS,
        p90Ms = percentile(sorted, 90.0) / NANOS_PER_MS,
        p99Ms = if (sorted.size < LEAST_RUNS_FOR_P99) null else percentile(sorted, 99.0) / NANOS_PER_MS,
        minMs = sorted.first() / NANOS_PER_MS,
        meanMs = sorted.average() / NANOS_PER_MS,
    )
}

/** Of at least one run; [startNanos] counts from the start of the phase. */
fun phaseStatistics(
    startNanos: LongArray,
    runNanos: LongArray,
): PhaseStatistics =
    percentiles(runNanos).run {
        PhaseStatistics(count, p50Ms, p90Ms, p99Ms, minMs, meanMs, steadiness(runNanos), drift(startNanos, runNanos))
    }

/** Of at least one timing in ns. */
fun spread(nanos: LongArray): Spread = percentiles(nanos).run { Spread(p50Ms, p90Ms) }

/** The windows of a phase that have runs, in order. */
fun windows(
    startNanos: LongArray,
    runNanos: LongArray,
): List<Window> =
    startNanos.indices
        .groupBy { startNanos[it] / WINDOW_NANOS }
        .toSortedMap()
        .map { (place, runs) ->
            val seconds = (place * WINDOW_NANOS / 1_000_000_000).toInt()
            Window(seconds, runs.size, median(LongArray(runs.size) { runNanos[runs[it]] }) / NANOS_PER_MS)
        }

/** The change of the median from the last but one to the last block of 10 runs, as a fraction of the former. */
fun steadiness(runNanos: LongArray): Double? {
    if (runNanos.size < 2 * BLOCK) return null
    val before = median(runNanos.sliceArray(runNanos.size - 2 * BLOCK until runNanos.size - BLOCK))
    val last = median(runNanos.sliceArray(runNanos.size - BLOCK until runNanos.size))
    return if (before == 0.0) null else abs(last - before) / before
}

private fun drift(
    startNanos: LongArray,
    runNanos: LongArray,
): Double? {
    if (startNanos.last() < 2 * MINUTE_NANOS) return null

    fun medianOf(within: (Long) -> Boolean) =
        median(runNanos.filterIndexed { index, _ -> within(startNanos[index]) }.toLongArray())

    val first = medianOf { it < MINUTE_NANOS }
    val last = medianOf { it > startNanos.last() - MINUTE_NANOS }
    return if (first.isNaN() || first == 0.0) null else last / first
}

private fun median(values: LongArray): Double = percentile(values.sortedArray(), 50.0)

/** Linear interpolation between the two nearest values, NumPy's default; NaN of none. */
private fun percentile(
    sorted: LongArray,
    percent: Double,
): Double {
    if (sorted.isEmpty()) return Double.NaN
    val place = (sorted.size - 1) * (percent / 100)
    val below = floor(place).toInt()
    val above = minOf(below + 1, sorted.size - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - below)
}
