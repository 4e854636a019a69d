package io.github.efficientmod.core

// docs/phone_report.md, "configs", has the codes of void times, in the order of the checks here.

private const val TIME_SLACK_S = 1e-6

/** What a report says of the circumstances of a configuration's times. */
internal class Circumstances(
    val plan: Plan,
    val app: ReportedApp,
    val device: ReportedDevice,
    val conditions: List<Condition>,
)

/** Why the times of a configuration do not count: the first of the reasons; null where they count. */
internal fun Circumstances.voidReason(config: ReportedConfiguration): Reason? =
    when {
        app.build == "debug" -> Reason("debug_build", "this is a debug build of the app")

        device.emulator -> Reason("emulator", "this is an emulator")

        config.software -> Reason("software_unit", "the CPU imitates the ${config.unit.uppercase()}")

        during(
            config,
        ) { !it.foreground } -> Reason("left_foreground", "the app left the foreground, or the screen went off")

        during(config) { it.powerSaver == true } -> Reason("power_saver", "the power saver was on")

        tooHot(config) -> Reason("too_hot", "the device became too hot")

        config.replay?.again == Outcome.FAILED -> Reason("wrong_result_after", "after the timing, the replay failed")

        tooFewRuns(config) -> Reason("too_few_runs", "it ran less than the plan asks for")

        else -> null
    }

private fun Circumstances.tooHot(config: ReportedConfiguration): Boolean =
    config.phases.filter { it.kind != PhaseKind.SUSTAINED }.any { phase ->
        of(phase).any { it.thermal?.tooHot == true }
    }

private fun Circumstances.during(
    config: ReportedConfiguration,
    holds: (Condition) -> Boolean,
): Boolean = config.phases.any { of(it).any(holds) }

/** The conditions from the last one before a phase on to its end. */
private fun Circumstances.of(phase: Phase): List<Condition> =
    listOfNotNull(conditions.lastOrNull { it.atS <= phase.startedS }) +
        conditions.filter { it.atS > phase.startedS && it.atS <= phase.endedS }

private val Phase.endedS: Double
    get() = startedS + (startNs.last() + inputNs.last() + runNs.last() + (outputNs?.last() ?: 0)) / 1e9

private fun Circumstances.tooFewRuns(config: ReportedConfiguration): Boolean =
    (1..plan.rounds).any { round ->
        val phases = config.phases.filter { it.round == round }.associateBy { it.kind }
        val burst = plan.burstCalls > 0 || plan.burstS > 0
        (burst && isShort(phases[PhaseKind.BURST], plan.burstCalls, plan.burstS)) ||
            (plan.pacedCalls > 0 && isShort(phases[PhaseKind.PACED], plan.pacedCalls, 0.0)) ||
            (plan.sustainedS > 0 && isShort(phases[PhaseKind.SUSTAINED], 1, plan.sustainedS))
    }

private fun isShort(
    phase: Phase?,
    calls: Int,
    seconds: Double,
): Boolean = phase == null || phase.runNs.size < calls || phase.endedS - phase.startedS < seconds - TIME_SLACK_S
