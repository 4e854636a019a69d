package io.github.efficientmod.core

import java.time.temporal.ChronoUnit

/**
 * Proves and measures configurations of a bundle; docs/phone_report.md, "Plans", has the order of the steps. All of it
 * happens on the calling thread, which opens, calls and closes the runtimes' sessions. [tell] is called between the
 * steps, never while something is timed. Nothing is timed before its configuration is proven.
 */
class Bench(
    private val bundle: Bundle,
    private val runtimes: List<Runtime>,
    decoder: PictureDecoder,
    private val platform: Platform,
    private val interruption: Interruption,
    private val tell: (RunProgress) -> Unit = {},
) {
    private val golden = Golden(bundle, decoder)
    private val prover = Prover(bundle, golden, platform.clock)

    /** Replays one configuration and times nothing. */
    fun prove(configuration: Configuration): ReportedConfiguration {
        val candidate = candidate(configuration)
        prover.prove(candidate)
        return candidate.report(circumstances(Plan.ALL.getValue("quick"), emptyList()))
    }

    /** A whole run. Null where it was aborted before anything was proven. */
    fun run(
        runId: String,
        plan: Plan,
        configurations: List<Configuration>,
    ): Report? {
        val startedAt = platform.clock.now().truncatedTo(ChronoUnit.SECONDS)
        val monitor = Monitor(platform, interruption)
        val run = Run(plan, configurations.map(::candidate), prover, platform, monitor, tell)
        val candidates = run.all()
        if (candidates.isEmpty()) return null
        val circumstances = circumstances(plan, monitor.conditions)
        return Report(
            formatVersion = REPORT_VERSION,
            runId = runId,
            startedAt = startedAt.toString(),
            app = circumstances.app,
            plan = plan,
            bundle = reportedBundle(),
            device = circumstances.device,
            conditions = circumstances.conditions,
            configs = candidates.map { it.report(circumstances) },
            camera = null,
        )
    }

    private fun candidate(configuration: Configuration) =
        Candidate(configuration, runtimes.first { it.name == configuration.runtime })

    private fun circumstances(
        plan: Plan,
        conditions: List<Condition>,
    ): Circumstances {
        val facts = platform.device.facts()
        return Circumstances(plan, reportedApp(facts.app), reportedDevice(facts), conditions)
    }

    private fun reportedBundle(): ReportedBundle {
        val picture = bundle.manifest.inputs.firstOrNull { it.kind == InputKind.PICTURE }
        val model = bundle.manifest.model
        val resolution = picture?.shape?.takeLast(2)
        return ReportedBundle(bundle.sha256, model.name, model.weights, resolution, bundle.manifest.generator)
    }
}

private fun reportedApp(app: AppFacts) =
    ReportedApp(app.name, app.version, if (app.debug) "debug" else "release", app.platform)

private fun reportedDevice(facts: DeviceFacts) =
    ReportedDevice(
        manufacturer = facts.manufacturer,
        model = facts.model,
        soc = facts.soc,
        emulator = facts.isEmulator(),
        os = facts.os,
        osVersion = facts.osVersion,
        osBuild = facts.osBuild,
        abi = facts.abi,
        cores = facts.cores,
        cpuMaxKhz = facts.cpuMaxKhz,
        ramBytes = facts.ramBytes,
        pageSizeBytes = facts.pageSizeBytes,
    )
