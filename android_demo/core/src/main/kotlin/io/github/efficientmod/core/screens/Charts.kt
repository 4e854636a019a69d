package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Condition
import io.github.efficientmod.core.Phase
import io.github.efficientmod.core.PhaseKind
import io.github.efficientmod.core.Thermal
import io.github.efficientmod.core.percentiles
import io.github.efficientmod.core.windows
import kotlin.math.ceil
import kotlin.math.floor
import kotlin.math.log10
import kotlin.math.pow

private const val BINS = 36
private const val NANOS_PER_MS = 1e6
private const val TAIL = 0.995
private const val WINDOW_S = 10

/** A place on a chart's axis, 0 to 1, with its label. */
data class Tick(
    val at: Double,
    val label: String,
)

/** How often runs took how long: [bars] are parts of the highest one, in equal steps of time from left to right. */
data class Histogram(
    val bars: List<Double>,
    val ticks: List<Tick>,
    val marks: List<Tick>,
    val says: String,
)

/** Medians of ten seconds over time, both 0 to 1 ([points] upwards), and the [heat] of the device behind them. */
data class Curve(
    val points: List<Pair<Double, Double>>,
    val heat: List<Heat>,
    val rows: List<Tick>,
    val ticks: List<Tick>,
    val says: String,
)

/** The device's state from one moment to another, 0 to 1. */
data class Heat(
    val from: Double,
    val to: Double,
    val tone: Tone,
)

/** Of runs in ns. The slowest half percent is in the last bar, so that one hiccup does not flatten the rest. */
internal fun histogram(
    t: Texts,
    runNs: List<Long>,
): Histogram {
    val sorted = runNs.map { it / NANOS_PER_MS }.sorted()
    val least = sorted.first()
    val most = sorted[((sorted.size - 1) * TAIL).toInt()].coerceAtLeast(least * 1.02)
    val counts = IntArray(BINS)
    for (value in sorted) {
        val bin = ((value - least) / (most - least) * BINS).toInt().coerceIn(0, BINS - 1)
        counts[bin]++
    }
    val median = percentiles(runNs.toLongArray()).p50Ms

    fun place(value: Double) = ((value - least) / (most - least)).coerceIn(0.0, 1.0)
    return Histogram(
        bars = counts.map { it.toDouble() / counts.max() },
        ticks = listOf(Tick(0.0, t.ms(least)), Tick(1.0, t.ms(most))),
        marks = listOf(Tick(place(median), t("result.p50"))),
        says = t("result.histogram_says", runNs.size, t.ms(least), t.ms(most), t.ms(median)),
    )
}

/** Of the sustained phase, null where there was none; [conditions] are the report's. */
internal fun curve(
    t: Texts,
    phases: List<Phase>,
    conditions: List<Condition>,
): Curve? {
    val phase = phases.firstOrNull { it.kind == PhaseKind.SUSTAINED } ?: return null
    val windows = windows(phase.startNs.toLongArray(), phase.runNs.toLongArray())
    if (windows.size < 2) return null
    val seconds = (windows.last().startS + WINDOW_S).toDouble()
    val step = niceStep(windows.maxOf { it.p50Ms } - windows.minOf { it.p50Ms })
    val low = floor(windows.minOf { it.p50Ms } / step) * step
    val high = (ceil(windows.maxOf { it.p50Ms } / step) * step).coerceAtLeast(low + step)
    val steps = ((high - low) / step).toInt()
    return Curve(
        points = windows.map { (it.startS + WINDOW_S / 2.0) / seconds to (it.p50Ms - low) / (high - low) },
        heat = heat(conditions, phase.startedS, seconds),
        rows = (0..steps).map { Tick(it.toDouble() / steps, t.milliseconds(low + it * step)) },
        ticks = listOf(Tick(0.0, t.clock(0.0)), Tick(1.0, t.clock(seconds))),
        says = t("result.curve_says", t.ms(windows.first().p50Ms), t.ms(windows.last().p50Ms), t.clock(seconds)),
    )
}

private fun heat(
    conditions: List<Condition>,
    startedS: Double,
    seconds: Double,
): List<Heat> {
    val during = conditions.filter { it.atS >= startedS && it.atS <= startedS + seconds }
    val bands = mutableListOf<Heat>()
    for ((index, condition) in during.withIndex()) {
        val tone = heatTone(condition.thermal) ?: continue
        val from = (condition.atS - startedS) / seconds
        val to = ((during.getOrNull(index + 1)?.atS ?: (startedS + seconds)) - startedS) / seconds
        val before = bands.lastOrNull()?.takeIf { it.tone == tone && it.to == from }
        if (before != null) bands.remove(before)
        bands += Heat(before?.from ?: from, to, tone)
    }
    return bands
}

private fun heatTone(thermal: Thermal?): Tone? =
    when {
        thermal == null || thermal == Thermal.NONE -> null
        thermal.tooHot -> Tone.BAD
        else -> Tone.WARNING
    }

/** 1, 2 or 5 times a power of ten, so that about three steps span [range]. */
private fun niceStep(range: Double): Double {
    val rough = (range / 3).coerceAtLeast(1e-3)
    val power = 10.0.pow(floor(log10(rough)))
    return listOf(1.0, 2.0, 5.0, 10.0).first { it * power >= rough } * power
}
