package io.github.efficientmod.core

/** What is found of a configuration in the course of a run. */
internal class Candidate(
    val configuration: Configuration,
    val runtime: Runtime,
) {
    var facts: SessionFacts? = null
    var replay: Replay? = null
    var load: Load? = null
    var memory: MemoryUse? = null
    val waits = mutableListOf<Wait>()
    val phases = mutableListOf<Phase>()

    /** Why it is out of the run: the state is then failed or refused. */
    var out: Pair<ConfigState, Reason>? = null
        private set

    /** Why the timing of it was ended from outside. */
    var aborted: Abort? = null

    val isProven: Boolean get() = out == null && replay?.passed == true

    fun fail(
        code: String,
        text: String,
    ) {
        out = ConfigState.FAILED to Reason(code, text)
    }

    fun refuse(
        code: String,
        text: String,
    ) {
        out = ConfigState.REFUSED to Reason(code, text)
    }

    /** The record; its times are left out where they belong to a configuration that failed. */
    fun report(circumstances: Circumstances): ReportedConfiguration {
        val found = record()
        val (state, reason) = out ?: timed(found, circumstances)
        val out = state == ConfigState.FAILED || state == ConfigState.REFUSED
        val phases = if (out) emptyList() else found.phases
        val bursts = phases.filter { it.kind == PhaseKind.BURST }.flatMap { it.runNs }
        return found.copy(
            state = state,
            reason = reason,
            replay = found.replay.takeIf { state != ConfigState.REFUSED },
            phases = phases,
            latency = bursts.toLongArray().takeIf { it.isNotEmpty() }?.let { percentiles(it) },
        )
    }

    private fun timed(
        found: ReportedConfiguration,
        circumstances: Circumstances,
    ): Pair<ConfigState, Reason?> {
        if (found.phases.isEmpty() && !found.software) return ConfigState.PROVEN to null
        val reason = circumstances.voidReason(found) ?: return ConfigState.MEASURED to null
        val abort = aborted
        val said = if (abort != null && reason.code == "too_few_runs") Reason("aborted", abort.sentence) else reason
        return ConfigState.VOID to said
    }

    private fun record(): ReportedConfiguration {
        val artifact = configuration.artifact
        return ReportedConfiguration(
            artifact = artifact.file,
            artifactSha256 = artifact.sha256,
            target = artifact.target,
            precision = artifact.precision,
            runtime = runtime.name,
            runtimeVersion = runtime.version,
            unit = configuration.unit,
            computePrecision = facts?.computePrecision ?: configuration.computePrecision,
            threads = configuration.threads,
            options = facts?.options.orEmpty(),
            processor = facts?.processor,
            software = facts?.software ?: false,
            backends = facts?.backends.orEmpty(),
            outside = facts?.outside,
            placement = null,
            state = ConfigState.PROVEN,
            reason = null,
            replay = replay,
            load = load,
            waits = waits,
            phases = phases,
            latency = null,
            memory = memory,
        )
    }
}
