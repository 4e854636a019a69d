package io.github.efficientmod.core.screens

import io.github.efficientmod.core.ConfigState
import io.github.efficientmod.core.Percentiles
import io.github.efficientmod.core.PhaseKind
import io.github.efficientmod.core.Report
import io.github.efficientmod.core.ReportedConfiguration

private const val NANOS_PER_MS = 1e6

/** The Result screen: what a run found. */
data class ResultState(
    val title: String,
    val subtitle: String,
    val banner: Banner?,
    val cards: List<ResultCard>,
    val conditions: List<Fact>,
    val conditionsTitle: String,
    val share: Button,
)

/**
 * One configuration. [latency] is null unless its outputs were proven before and after the timing; [counts] is false
 * where the timing does not count, so that it is drawn in grey.
 */
data class ResultCard(
    val title: String,
    val subtitle: String,
    val chip: Chip,
    val finding: String?,
    val latency: Latency?,
    val counts: Boolean,
    val facts: List<Fact>,
    val histogram: Histogram?,
    val histogramTitle: String,
    val curve: Curve?,
    val curveTitle: String,
)

/** The median, large, and the other numbers. */
data class Latency(
    val median: String,
    val unit: String,
    val name: String,
    val others: List<Fact>,
)

/** What the Result screen shows of a [report]. */
fun resultState(
    t: Texts,
    report: Report,
): ResultState {
    val void =
        report.configs
            .filter { it.state == ConfigState.VOID }
            .mapNotNull { why(t, it) }
            .distinct()
    return ResultState(
        title = t("result.title"),
        subtitle = "${report.bundle.model}, ${t.known("plan.", report.plan.name) ?: report.plan.name}",
        banner = if (void.isEmpty()) null else Banner(t("result.void"), void, Tone.WARNING),
        cards = report.configs.map { card(t, it, report) },
        conditions = conditionFacts(t, report),
        conditionsTitle = t("result.conditions"),
        share = Button(t("result.share")),
    )
}

private fun card(
    t: Texts,
    found: ReportedConfiguration,
    report: Report,
): ResultCard {
    val shown = found.latency?.takeIf { found.isProven }
    val burst = found.phases.filter { it.kind == PhaseKind.BURST }.flatMap { it.runNs }
    return ResultCard(
        title = artifactName(found.target, found.precision),
        subtitle =
            "${found.runtime} ${found.runtimeVersion}, " +
                modeName(t, found.unit, found.computePrecision, found.threads),
        chip = stateChip(t, found.state),
        finding = if (found.state == ConfigState.MEASURED) finding(t, found) else why(t, found),
        latency = shown?.let { latency(t, it) },
        counts = found.state == ConfigState.MEASURED,
        facts = if (shown == null) emptyList() else facts(t, found),
        histogram = burst.takeIf { shown != null && it.size > 1 }?.let { histogram(t, it) },
        histogramTitle = t.counted("result.histogram", burst.size),
        curve = if (shown == null) null else curve(t, found.phases, report.conditions),
        curveTitle = t("result.curve"),
    )
}

private fun latency(
    t: Texts,
    percentiles: Percentiles,
): Latency =
    Latency(
        median = t.milliseconds(percentiles.p50Ms),
        unit = "ms",
        name = t("result.p50"),
        others =
            listOfNotNull(
                Fact("p90", t.ms(percentiles.p90Ms)),
                percentiles.p99Ms?.let { Fact("p99", t.ms(it)) },
                Fact(t("result.min"), t.ms(percentiles.minMs)),
            ),
    )

private fun facts(
    t: Texts,
    found: ReportedConfiguration,
): List<Fact> {
    val paced = found.phases.firstOrNull { it.kind == PhaseKind.PACED }
    val sustained = found.phases.firstOrNull { it.kind == PhaseKind.SUSTAINED }
    val load = found.load
    return listOfNotNull(
        paced?.let { Fact(t("result.paced"), t.ms(it.statistics.p50Ms)) },
        sustained?.statistics?.drift?.let { Fact(t("result.drift"), "× ${t.number(it, 2)}") },
        load?.let { Fact(t("result.load_first"), t.ms((it.openNs.first() + it.firstCallNs.first()) / NANOS_PER_MS)) },
        load?.takeIf { it.openNs.size > 1 }?.let {
            Fact(t("result.load_again"), t.ms((it.openNs.last() + it.firstCallNs.last()) / NANOS_PER_MS))
        },
        found.memory?.let { Fact(t("result.memory"), t.bytes(it.peakBytes - it.beforeBytes)) },
    )
}

private fun conditionFacts(
    t: Texts,
    report: Report,
): List<Fact> {
    val first = report.conditions.firstOrNull() ?: return emptyList()
    val last = report.conditions.last()
    val hottest = report.conditions.mapNotNull { it.thermal }.maxOrNull()
    return listOfNotNull(
        Fact(t("result.device"), "${report.device.manufacturer} ${report.device.model}"),
        report.device.soc?.let { Fact(t("result.soc"), it) },
        hottest?.let { Fact(t("result.hottest"), thermalName(t, it)) },
        first.batteryC?.let { from -> Fact(t("condition.battery"), batteryRange(t, from, last.batteryC ?: from)) },
        first.charging?.let { Fact(t("condition.charging"), t(if (it) "yes" else "no")) },
    )
}

private fun batteryRange(
    t: Texts,
    from: Double,
    to: Double,
): String = "${t.number(from, 1)} – ${t.number(to, 1)}\u202F°C"
