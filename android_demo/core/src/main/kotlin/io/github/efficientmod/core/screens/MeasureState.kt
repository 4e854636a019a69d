package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Condition
import io.github.efficientmod.core.Plan
import io.github.efficientmod.core.Thermal

private const val SECONDS_PER_MINUTE = 60.0

/** The Measure screen: what to measure, how, and whether the phone is ready; or the run that goes on. */
data class MeasureState(
    val title: String,
    val empty: Empty?,
    val banner: Banner?,
    val configurationsTitle: String,
    val configurations: List<Tickable>,
    val planTitle: String,
    val plans: List<Choice>,
    val planText: String,
    val conditionsTitle: String,
    val conditions: List<Check>,
    val start: Button,
    val lastResult: Button?,
    val running: RunningState?,
)

/** A configuration that can be ticked; where it cannot, [why] says so. */
data class Tickable(
    val id: String,
    val title: String,
    val subtitle: String,
    val ticked: Boolean,
    val enabled: Boolean,
    val why: String?,
)

/** A condition of the phone: [good] where it does no harm to a measurement; null where it is unknown. */
data class Check(
    val text: String,
    val value: String,
    val good: Boolean?,
)

/** A run that goes on. */
data class RunningState(
    val title: String,
    val configuration: String,
    val step: String,
    val fraction: Double,
    val facts: List<Fact>,
    val note: String,
    val abort: Button,
)

/** What the user chose to measure; [ticked] null means all that are proven. */
data class Wish(
    val ticked: Set<String>? = null,
    val plan: String = "quick",
)

/** Where a run stands: a [phase] of [configuration], the [fraction] of the whole, and the seconds since its start. */
data class RunStand(
    val phase: String,
    val configuration: String,
    val fraction: Double,
    val seconds: Double,
    val aborting: Boolean = false,
)

/** What the phone is like at this moment. */
data class Now(
    val condition: Condition,
    val debugBuild: Boolean,
    val emulator: Boolean,
)

/** What the Measure screen shows. */
fun measureState(
    t: Texts,
    app: AppState,
    wish: Wish,
    now: Now,
    stand: RunStand?,
    hasResult: Boolean,
    failed: Throwable? = null,
): MeasureState {
    val ticked = ticked(app, wish)
    return MeasureState(
        title = t("measure.title"),
        empty = if (stand == null) provenFirst(t, app) else null,
        banner = failed?.let { Banner(t("measure.failed"), why(t, it), Tone.BAD) },
        configurationsTitle = t("measure.configurations"),
        configurations = configurations(t, app, ticked),
        planTitle = t("measure.plan"),
        plans = Plan.ALL.keys.map { Choice(it, t("plan.$it"), it == wish.plan) },
        planText = t("plan.${wish.plan}_text", minutes(t, Plan.ALL.getValue(wish.plan), ticked.size)),
        conditionsTitle = t("measure.conditions"),
        conditions = checks(t, now),
        start = startButton(t, ticked.size),
        lastResult = if (hasResult) Button(t("measure.last_result")) else null,
        running = stand?.let { running(t, app, it, now) },
    )
}

/** The names of the configurations that would be measured: ticked, and proven. */
fun ticked(
    app: AppState,
    wish: Wish,
): Set<String> {
    val proven = app.proven.map { it.name }.toSet()
    return wish.ticked?.intersect(proven) ?: proven
}

private fun configurations(
    t: Texts,
    app: AppState,
    ticked: Set<String>,
): List<Tickable> =
    app.configurations.map { configuration ->
        val found = app.found[configuration.name]
        val proven = found?.isProven == true
        Tickable(
            id = configuration.name,
            title = artifactName(configuration.artifact),
            subtitle = modeName(t, configuration),
            ticked = configuration.name in ticked,
            enabled = proven,
            why =
                when {
                    proven -> null
                    found == null -> t("state.not_proven")
                    else -> stateChip(t, found.state).text
                },
        )
    }

private fun startButton(
    t: Texts,
    count: Int,
): Button =
    if (count == 0) {
        Button(t("measure.start"), enabled = false, t("measure.nothing_ticked"))
    } else {
        Button(t.counted("measure.start_count", count))
    }

/** About how long a plan takes for [count] configurations: its phases at their least, and 5 s each for opening and replays. */
private fun minutes(
    t: Texts,
    plan: Plan,
    count: Int,
): String {
    val paced = plan.pacedCalls * plan.pacedIntervalMs / 1e3
    val once = plan.burstS + paced + plan.sustainedS + plan.warmupS + 5
    val minutes = (once * plan.rounds * count.coerceAtLeast(1) / SECONDS_PER_MINUTE).coerceAtLeast(0.5)
    return t("plan.minutes", if (minutes < 1) t.number(minutes, 1) else t.number(minutes, 0))
}

internal fun checks(
    t: Texts,
    now: Now,
): List<Check> {
    val condition = now.condition
    return listOfNotNull(
        Check(t("condition.build"), t(if (now.debugBuild) "condition.debug" else "condition.release"), !now.debugBuild),
        Check(t("condition.emulator"), t("condition.is_emulator"), false).takeIf { now.emulator },
        Check(
            t("condition.thermal"),
            condition.thermal?.let { thermalName(t, it) } ?: t("unknown"),
            condition.thermal?.let { it == Thermal.NONE },
        ),
        Check(
            t("condition.battery"),
            condition.batteryC?.let { "${t.number(it, 1)}\u202F°C" } ?: t("unknown"),
            condition.batteryC?.let { it <= WARM_C },
        ),
        yesOrNo(t, "condition.charging", condition.charging),
        yesOrNo(t, "condition.power_saver", condition.powerSaver),
    )
}

private const val WARM_C = 37.0

private fun yesOrNo(
    t: Texts,
    key: String,
    value: Boolean?,
): Check =
    Check(
        t(key),
        t(
            if (value == null) {
                "unknown"
            } else if (value) {
                "yes"
            } else {
                "no"
            },
        ),
        value?.not(),
    )

internal fun thermalName(
    t: Texts,
    thermal: Thermal,
): String = t("thermal.${thermal.name.lowercase()}")

private fun running(
    t: Texts,
    app: AppState,
    stand: RunStand,
    now: Now,
): RunningState =
    RunningState(
        title = t("measure.running"),
        configuration =
            app.configurations
                .firstOrNull { it.name == stand.configuration }
                ?.let {
                    fullName(
                        t,
                        it,
                    )
                }.orEmpty(),
        step = t.known("phase.", stand.phase) ?: stand.phase,
        fraction = stand.fraction,
        facts =
            listOfNotNull(
                Fact(t("measure.elapsed"), t.clock(stand.seconds)),
                now.condition.thermal?.let { Fact(t("condition.thermal"), thermalName(t, it)) },
                now.condition.batteryC?.let { Fact(t("condition.battery"), "${t.number(it, 1)}\u202F°C") },
            ),
        note = t("measure.keep_open"),
        abort = Button(t(if (stand.aborting) "measure.aborting" else "measure.abort"), enabled = !stand.aborting),
    )
