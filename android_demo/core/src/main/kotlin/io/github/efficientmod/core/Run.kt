package io.github.efficientmod.core

// About how long the steps take that the plan does not tell.
private const val REPLAY_S = 2.0
private const val OPEN_S = 2.0
private const val MEMORY_S = 1.0

/**
 * One run, step by step. A configuration that is out takes no further part; nor does any, once the run is aborted. [tell]
 * is called at the beginning of each step.
 */
internal class Run(
    private val plan: Plan,
    private val candidates: List<Candidate>,
    private val prover: Prover,
    private val platform: Platform,
    private val monitor: Monitor,
    private val tell: (RunProgress) -> Unit,
) {
    private val left =
        candidates
            .associateWith {
                REPLAY_S + OPEN_S + plan.rounds * turnSeconds() + MEMORY_S
            }.toMutableMap()
    private var done = 0.0
    private var abort: Abort? = null

    /** The candidates that the run came to. */
    fun all(): List<Candidate> {
        monitor.begin()
        val reached = mutableListOf<Candidate>()
        each(candidates, RunStep.REPLAY, REPLAY_S) {
            prover.prove(it)
            reached += it
        }
        val timed = candidates.filter { it.isProven && it.facts?.software == false }
        left.keys.retainAll(timed.toSet())
        each(timed, RunStep.OPEN, OPEN_S) { openCold(it) }
        for (round in 1..plan.rounds) {
            for (candidate in if (round % 2 == 1) timed else timed.reversed()) turn(candidate, round)
        }
        each(timed, RunStep.MEMORY, MEMORY_S) { MemoryPass(prover, platform).run(it, prover.inputs(it)) }
        candidates.forEach { it.aborted = abort }
        return reached
    }

    private fun each(
        candidates: List<Candidate>,
        step: RunStep,
        seconds: Double,
        act: (Candidate) -> Unit,
    ) {
        for (candidate in candidates) if (takesPart(candidate)) step(step, candidate, seconds) { act(candidate) }
    }

    private fun takesPart(candidate: Candidate): Boolean {
        abort = abort ?: monitor.abort
        if (candidate.out != null) left -= candidate
        return abort == null && candidate.out == null
    }

    private fun <T> step(
        step: RunStep,
        candidate: Candidate,
        seconds: Double,
        act: () -> T,
    ): T {
        val whole = done + left.values.sum()
        tell(RunProgress(step, candidate.configuration.name, done / whole, (done + seconds) / whole, seconds))
        return act().also {
            done += seconds
            left.computeIfPresent(candidate) { _, rest -> rest - seconds }
        }
    }

    private fun openCold(candidate: Candidate) {
        val opens = mutableListOf<Long>()
        val calls = mutableListOf<Long>()
        repeat(plan.coldOpens) {
            val began = platform.clock.nanos()
            prover.withSession(candidate) { session ->
                opens += platform.clock.nanos() - began
                when (val call = session.tryCall(prover.inputs(candidate).first(), platform.clock)) {
                    is Call.Failed -> candidate.fail("run_failed", call.sentence)
                    is Call.Ran -> calls += call.inputNanos + call.runNanos + call.outputNanos
                }
            }
            if (candidate.out != null) return
        }
        candidate.load = Load(opens, calls, candidate.facts?.compileNanos, null)
    }

    private fun turn(
        candidate: Candidate,
        round: Int,
    ) {
        if (!takesPart(candidate)) return
        candidate.waits += step(RunStep.WAIT, candidate, 0.0) { monitor.coolDown(plan) }
        if (!takesPart(candidate)) return
        prover.withSession(candidate) { session ->
            val readsWithRun = candidate.configuration.unit != "cpu"
            val phases = Phases(session, prover.inputs(candidate), readsWithRun, round, platform.clock, monitor)
            if (timePhases(candidate, phases)) prover.replayAgain(candidate, session)
        }
    }

    /** Whether all phases took place, or were ended by heat alone. */
    private fun timePhases(
        candidate: Candidate,
        phases: Phases,
    ): Boolean {
        for ((kind, seconds) in kinds()) {
            val result = step(kind, candidate, seconds) { phases.time(kind) }
            result.phase?.let { candidate.phases += it }
            result.failure?.let { candidate.fail("run_failed", it) }
            if (result.stop is Stop.Run) abort = result.stop.abort
            if (result.failure != null || result.stop != null) return result.stop is Stop.TooHot
        }
        return true
    }

    private fun Phases.time(kind: RunStep): PhaseResult =
        when (kind) {
            RunStep.WARMUP -> warmUp(plan)
            RunStep.BURST -> burst(plan)
            RunStep.PACED -> paced(plan)
            else -> sustained(plan)
        }

    /** The phases that the plan asks for, and their seconds at least. */
    private fun kinds(): List<Pair<RunStep, Double>> =
        listOfNotNull(
            (RunStep.WARMUP to plan.warmupS).takeIf { plan.warmupCalls > 0 || plan.warmupS > 0 },
            (RunStep.BURST to plan.burstS).takeIf { plan.burstCalls > 0 || plan.burstS > 0 },
            (RunStep.PACED to plan.pacedCalls * plan.pacedIntervalMs / 1e3).takeIf { plan.pacedCalls > 0 },
            (RunStep.SUSTAINED to plan.sustainedS).takeIf { plan.sustainedS > 0 },
        )

    private fun turnSeconds(): Double = kinds().sumOf { it.second }
}
