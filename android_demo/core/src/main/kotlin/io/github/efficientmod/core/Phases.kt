package io.github.efficientmod.core

private const val STEADY = 0.03
private const val BLOCK = 10
private const val MS_NANOS = 1_000_000L

/** What came of a phase: its runs so far, and what ended it early. */
data class PhaseResult(
    val phase: Phase?,
    val stop: Stop? = null,
    val failure: String? = null,
)

/** Times calls of one open session; the inputs come in turn, and are written outside [Phase.runNs]. */
class Phases(
    private val session: Session,
    private val inputs: List<List<Values>>,
    private val readsWithRun: Boolean,
    private val round: Int,
    private val clock: Clock,
    private val monitor: Monitor,
) {
    private var turn = 0

    /** Until two blocks of 10 calls have medians within 3 %, and the plan's least, or the plan's limit is reached. */
    fun warmUp(plan: Plan): PhaseResult =
        timed(PhaseKind.WARMUP) { elapsed, runs ->
            val least = runs.size >= plan.warmupCalls && elapsed >= plan.warmupS
            val steady = runs.size % BLOCK == 0 && (steadiness(runs.toLongArray()) ?: 1.0) <= STEADY
            (least && steady) || elapsed >= plan.warmupLimitS
        }

    /** Back to back, until both of the plan's least are reached. */
    fun burst(plan: Plan): PhaseResult =
        timed(PhaseKind.BURST) { elapsed, runs -> runs.size >= plan.burstCalls && elapsed >= plan.burstS }

    /** One call each interval, so that clocks fall in between. */
    fun paced(plan: Plan): PhaseResult =
        timed(PhaseKind.PACED, plan.pacedIntervalMs) { _, runs -> runs.size >= plan.pacedCalls }

    /** Back to back for the plan's time; heat does not stop it, since heat is what it shows. */
    fun sustained(plan: Plan): PhaseResult = timed(PhaseKind.SUSTAINED) { elapsed, _ -> elapsed >= plan.sustainedS }

    private fun timed(
        kind: PhaseKind,
        intervalMs: Double? = null,
        done: (Double, List<Long>) -> Boolean,
    ): PhaseResult {
        val began = clock.nanos()
        val runs = Runs()
        var stop: Stop? = null
        while (stop == null && !(runs.run.isNotEmpty() && done((clock.nanos() - began) / 1e9, runs.run))) {
            if (intervalMs != null) sleepUntil(began + (runs.run.size * intervalMs * MS_NANOS).toLong())
            // What is found before a call ends the phase after it, so that the condition lies within the phase.
            stop = monitor.check().takeUnless { it is Stop.TooHot && kind == PhaseKind.SUSTAINED }
            when (val call = session.tryCall(inputs[turn++ % inputs.size], clock)) {
                is Call.Failed -> return PhaseResult(null, failure = call.sentence)
                is Call.Ran -> runs.add(call, began)
            }
        }
        return PhaseResult(runs.phase(kind, intervalMs, began), stop)
    }

    private fun sleepUntil(nanos: Long) {
        val left = nanos - clock.nanos()
        if (left > 0) clock.sleep(left)
    }

    private inner class Runs {
        val start = mutableListOf<Long>()
        val input = mutableListOf<Long>()
        val run = mutableListOf<Long>()
        val output = mutableListOf<Long>()

        fun add(
            call: Call.Ran,
            began: Long,
        ) {
            start += call.start - began
            input += call.inputNanos
            run += if (readsWithRun) call.runNanos + call.outputNanos else call.runNanos
            output += call.outputNanos
        }

        fun phase(
            kind: PhaseKind,
            intervalMs: Double?,
            began: Long,
        ) = Phase(
            kind = kind,
            round = round,
            intervalMs = intervalMs,
            startedS = monitor.seconds(began),
            startNs = start,
            inputNs = input,
            runNs = run,
            outputNs = output.takeUnless { readsWithRun },
            statistics = phaseStatistics(start.toLongArray(), run.toLongArray()),
        )
    }
}
