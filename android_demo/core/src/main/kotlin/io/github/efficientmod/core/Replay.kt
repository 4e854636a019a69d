package io.github.efficientmod.core

/** Proves configurations of a bundle by its golden samples; docs/phone_report.md, "replay", has the steps. */
internal class Prover(
    private val bundle: Bundle,
    private val golden: Golden,
    private val clock: Clock,
) {
    /** Replays a configuration in a session of its own, and puts what it found into [candidate]. */
    fun prove(candidate: Candidate) {
        val artifact = candidate.configuration.artifact
        val changed = listOfNotNull(bundle.check(artifact)) + golden.problems
        if (changed.isNotEmpty()) return candidate.fail("changed_file", changed.first().toString())
        val samples =
            try {
                golden.samples(artifact)
            } catch (error: IllegalArgumentException) {
                return candidate.fail("wrong_preprocessing", "a golden picture cannot be read: ${said(error)}")
            }
        withSession(candidate) { session -> replay(candidate, session, samples) }
    }

    /** The artifact's inputs of every golden sample. */
    fun inputs(candidate: Candidate): List<List<Values>> =
        golden.samples(candidate.configuration.artifact).map { it.inputs }

    /** Opens, and closes at the end; a configuration that does not open is out. */
    fun withSession(
        candidate: Candidate,
        use: (Session) -> Unit,
    ) {
        val configuration = candidate.configuration
        when (val opening = candidate.runtime.tryOpen(bundle.path(configuration.artifact), configuration)) {
            is Opening.Refused -> {
                notOpened(candidate, opening)
            }

            is Opening.Failed -> {
                candidate.fail("open_failed", opening.sentence)
            }

            is Opening.Opened -> {
                try {
                    use(opening.session)
                } finally {
                    runCatching { opening.session.close() }
                }
            }
        }
    }

    /** What was replayed once is taken there; then it is a failure. */
    private fun notOpened(
        candidate: Candidate,
        refused: Opening.Refused,
    ) = if (candidate.replay == null) {
        candidate.refuse(refused.code, refused.sentence)
    } else {
        candidate.fail("open_failed", refused.sentence)
    }

    private fun replay(
        candidate: Candidate,
        session: Session,
        samples: List<ReplaySample>,
    ) {
        candidate.facts = session.facts
        val limits =
            candidate.configuration.artifact.limits(
                candidate.configuration.unit,
                session.facts.computePrecision,
            )
        if (limits == null) {
            val precision = session.facts.computePrecision
            return candidate.refuse("no_such_unit", "the bundle has no limits for $precision on this unit")
        }
        val forwards = outputs(candidate, session, samples) ?: return
        val backwards = outputs(candidate, session, samples.reversed())?.reversed() ?: return
        val verdict = judge(samples.map { it.name }, samples.map { it.references }, forwards, limits)
        candidate.replay =
            Replay(
                preprocessing = golden.preprocessing,
                verdict = verdict,
                repeatable = samples.indices.all { same(forwards[it], backwards[it]) },
                outputs =
                    samples.zip(forwards) { sample, found ->
                        SampleOutputs(sample.name, found.map { RawOutput.of(it, golden.areKept) })
                    },
                again = null,
            )
        val different = golden.preprocessing.firstOrNull { it.differing > 0 }
        if (!verdict.passed) {
            candidate.fail("wrong_result", verdict.reasons().first())
        } else if (different != null) {
            val text = "${different.differing} values of the preprocessed ${different.sample} are not the golden ones"
            candidate.fail("wrong_preprocessing", text)
        }
    }

    /** One more round, after the timing and in the session that was timed; a failure is never taken back. */
    fun replayAgain(
        candidate: Candidate,
        session: Session,
    ) {
        val replay = candidate.replay!!
        val samples = golden.samples(candidate.configuration.artifact)
        val found = outputs(candidate, session, samples) ?: return
        val verdict = judge(samples.map { it.name }, samples.map { it.references }, found, replay.verdict.limits)
        val failed = !verdict.passed || replay.again == Outcome.FAILED
        candidate.replay = replay.copy(again = if (failed) Outcome.FAILED else Outcome.PASSED)
    }

    private fun outputs(
        candidate: Candidate,
        session: Session,
        samples: List<ReplaySample>,
    ): List<List<Values>>? =
        samples.map { sample ->
            when (val call = session.tryCall(sample.inputs, clock)) {
                is Call.Ran -> declaredOutputs(bundle.manifest, candidate.configuration.artifact, call.outputs)
                is Call.Failed -> return null.also { candidate.fail("run_failed", call.sentence) }
            }
        }

    private fun same(
        some: List<Values>,
        others: List<Values>,
    ): Boolean = some.size == others.size && some.indices.all { some[it].sameBits(others[it]) }
}

/** The limits of the manifest's row for a unit and the arithmetic that takes place, whatever its threads. */
internal fun Artifact.limits(
    unit: String,
    computePrecision: String,
): Limits? = proofs.firstOrNull { it.unit == unit && it.computePrecision == computePrecision }?.limits
