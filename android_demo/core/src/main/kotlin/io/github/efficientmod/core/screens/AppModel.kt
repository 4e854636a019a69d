package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Abort
import io.github.efficientmod.core.Bench
import io.github.efficientmod.core.Bundle
import io.github.efficientmod.core.BundleSource
import io.github.efficientmod.core.BundleStore
import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.Frame
import io.github.efficientmod.core.Interruption
import io.github.efficientmod.core.PictureDecoder
import io.github.efficientmod.core.Plan
import io.github.efficientmod.core.Platform
import io.github.efficientmod.core.Report
import io.github.efficientmod.core.ReportedConfiguration
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.configurations
import java.util.UUID
import java.util.concurrent.Executor
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger

/** Where work happens: [main] is the thread of the screens, [runner] the one of the sessions, [files] any other. */
class Threads(
    val main: Executor,
    val runner: Executor,
    val files: Executor,
)

/**
 * What the screens show and do, without a screen: it outlives them. Everything but [frame] is called on the main thread;
 * [changed] is called there too. What was proven is remembered by [storage].
 */
class AppModel(
    private val platform: Platform,
    private val runtimes: List<Runtime>,
    private val decoder: PictureDecoder,
    private val bundles: BundleStore,
    private val storage: Storage,
    private val threads: Threads,
) {
    var app = AppState()
        private set
    var trying = Trying()
        private set
    var filming = Filming()
        private set
    var wish = Wish()
        private set
    var run: RunStand? = null
        private set
    var report: Report? = storage.report
        private set
    var measureFailed: Throwable? = null
        private set

    /** Told after each change. */
    var changed: () -> Unit = {}

    /** Told when a run has made its report: whichever window there is then shows it. */
    var finished: () -> Unit = {}

    private var live: LiveRun? = null
    private var interruption = Interruption()
    private val frameAtWork = AtomicBoolean()
    private val dropped = AtomicInteger()
    private var filmLog = FilmLog()
    private var runBegan = 0L
    private val stamp: String by lazy { stamp(platform, runtimes) }

    init {
        val digest = storage.current
        bundles.bundles().firstOrNull { it.sha256 == digest }?.let { show(it) }
    }

    /** Whether something holds the runner thread that a new task would have to wait for. */
    val isBusy: Boolean get() = app.importing != null || app.proving != null || run != null || trying.busy

    /** Imports a bundle that is [named] so; [open] is called on another thread. */
    fun import(
        named: String,
        open: () -> BundleSource,
    ) {
        if (isBusy) return
        set(app.copy(importing = Importing(named, null), refused = null))
        threads.files.execute {
            val done = runCatching { open().use { source -> bundles.import(source, progress(named)) } }
            threads.main.execute { imported(named, done) }
        }
    }

    private fun progress(named: String): (Long, Long) -> Unit {
        var told = -1L
        return { done, total ->
            val percent = if (total == 0L) 0 else done * PERCENT / total
            if (percent != told) {
                told = percent
                threads.main.execute { set(app.copy(importing = Importing(named, percent.toDouble() / PERCENT))) }
            }
        }
    }

    private fun imported(
        named: String,
        done: Result<Bundle>,
    ) {
        val bundle = done.getOrNull()
        if (bundle == null) {
            set(app.copy(importing = null, refused = Refused(named, checkNotNull(done.exceptionOrNull()))))
            return
        }
        app.bundle?.takeIf { it.sha256 != bundle.sha256 }?.let { bundles.remove(it) }
        storage.current = bundle.sha256
        show(bundle)
    }

    private fun show(bundle: Bundle) {
        closeLive()
        beginFilm()
        trying = Trying()
        wish = Wish()
        val rows = if (bundle.runsHere) configurations(bundle.manifest, runtimes) else emptyList()
        set(AppState(bundle, configurations = rows, found = storage.found(bundle.sha256, stamp)))
    }

    /** Replays every configuration of the bundle. */
    fun prove() {
        val bundle = app.bundle ?: return
        if (isBusy) return
        closeLive()
        val rows = app.configurations
        set(app.copy(found = emptyMap(), proving = Proving(rows.first().name, 0, rows.size)))
        threads.runner.execute {
            val bench = Bench(bundle, runtimes, decoder, platform, Interruption())
            rows.forEachIndexed { index, configuration ->
                threads.main.execute { set(app.copy(proving = Proving(configuration.name, index, rows.size))) }
                val found = bench.prove(configuration)
                threads.main.execute { set(app.copy(found = app.found + (configuration.name to found))) }
            }
            threads.main.execute { proven(bundle) }
        }
    }

    private fun proven(bundle: Bundle) {
        storage.keep(bundle.sha256, stamp, app.found)
        set(app.copy(proving = null))
    }

    /** Runs the picture of the golden sample [name]. */
    fun trySample(name: String) {
        val bundle = app.bundle ?: return
        val sample = bundle.manifest.golden.firstOrNull { it.name == name } ?: return
        val picture = sample.inputs.first().picture ?: return
        tryPicture(Chosen(name, isPhoto = false, isJpeg = false)) { bundle.bytes(picture) }
    }

    /** Runs the photo that [read] gives; that is called on another thread. */
    fun tryPhoto(read: () -> ByteArray) = tryPicture(Chosen("", isPhoto = true, isJpeg = false), read)

    /** Runs the last picture again as another configuration. */
    fun runAs(configuration: String) {
        trying = trying.copy(configuration = configuration)
        changed()
        val chosen = trying.chosen ?: return
        if (!chosen.isPhoto) trySample(chosen.name) else lastPhoto?.let { content -> tryPhoto { content } }
    }

    private var lastPhoto: ByteArray? = null

    private fun tryPicture(
        chosen: Chosen,
        read: () -> ByteArray,
    ) {
        val live = live() ?: return
        val configuration = chosenConfiguration(app, trying.configuration) ?: return
        if (isBusy) return
        trying = trying.copy(chosen = chosen, busy = true, failed = null)
        changed()
        threads.runner.execute {
            val done =
                runCatching {
                    val content = read()
                    if (chosen.isPhoto) lastPhoto = content
                    live.photo(chosen.copy(isJpeg = isJpeg(content)), configuration, content)
                }
            threads.main.execute {
                trying = trying.copy(tried = done.getOrNull(), failed = done.exceptionOrNull(), busy = false)
                changed()
            }
        }
    }

    /** Changes what is known of the camera. */
    fun film(change: (Filming) -> Filming) {
        filming = change(filming)
        changed()
    }

    /** The camera was opened: what the report tells of it begins. */
    fun beginFilm() {
        filmLog = FilmLog()
        dropped.set(0)
    }

    /** Runs the camera's frames as another configuration. */
    fun filmAs(configuration: String) {
        beginFilm()
        film { it.copy(configuration = configuration, meter = Meter()) }
    }

    /**
     * Runs a [frame] of the camera, on the thread of the camera. A frame that comes while another is at work is dropped;
     * [release] is called when its memory is no longer needed.
     */
    fun frame(
        frame: Frame,
        release: () -> Unit,
    ) {
        val arrived = platform.clock.nanos()
        if (!frameAtWork.compareAndSet(false, true)) {
            dropped.incrementAndGet()
            return release()
        }
        threads.main.execute {
            val live = live()
            val configuration = chosenConfiguration(app, filming.configuration)
            if (live == null || configuration == null || isBusy) {
                frameAtWork.set(false)
                release()
            } else {
                threads.runner.execute {
                    val done = runCatching { live.frame(configuration, frame) }
                    release()
                    frameAtWork.set(false)
                    val answered = platform.clock.nanos()
                    threads.main.execute { filmed(configuration, done, arrived, answered) }
                }
            }
        }
    }

    private fun filmed(
        configuration: Configuration,
        done: Result<LiveRun.Filmed>,
        arrived: Long,
        answered: Long,
    ) {
        val filmed = done.getOrNull() ?: return film { it.copy(failed = done.exceptionOrNull()) }
        filmLog = filmLog.plus(configuration.name, arrived, filmed.preprocessNanos, answered)
        film { it.copy(guesses = filmed.guesses, meter = it.meter.plus(answered, filmed.runNanos)) }
    }

    /** Ticks a configuration, or takes the tick away. */
    fun tick(
        configuration: String,
        on: Boolean,
    ) {
        val ticked = ticked(app, wish)
        wish = wish.copy(ticked = if (on) ticked + configuration else ticked - configuration)
        changed()
    }

    /** Chooses a plan by name. */
    fun plan(name: String) {
        wish = wish.copy(plan = name)
        changed()
    }

    /** Measures what is ticked. */
    fun measure() {
        val bundle = app.bundle ?: return
        val chosen = app.configurations.filter { it.name in ticked(app, wish) }
        if (isBusy || chosen.isEmpty()) return
        closeLive()
        val plan = Plan.ALL.getValue(wish.plan)
        val id = UUID.randomUUID().toString()
        interruption = Interruption()
        runBegan = platform.clock.nanos()
        run = RunStand("replay", chosen.first().name, 0.0, 0.0)
        measureFailed = null
        changed()
        val interruption = interruption
        val (filmed, drops) = filmLog to dropped.get()
        threads.runner.execute {
            val bench =
                Bench(
                    bundle,
                    runtimes,
                    decoder,
                    platform,
                    interruption,
                ) { at(it.step.word, it.configuration, it.fraction) }
            val report =
                runCatching {
                    bench
                        .run(id, plan, chosen)
                        ?.let { it.copy(camera = filmed.reported(it.configs, drops)) }
                        ?.also { platform.reports.write(id, "report.json", it.toJson()) }
                }
            threads.main.execute { measured(bundle, report, interruption) }
        }
    }

    private fun at(
        step: String,
        configuration: String?,
        fraction: Double,
    ) = threads.main.execute {
        run = run?.copy(phase = step, configuration = configuration.orEmpty(), fraction = fraction)
        changed()
    }

    private fun measured(
        bundle: Bundle,
        made: Result<Report?>,
        interruption: Interruption,
    ) {
        run = null
        val report = made.getOrNull()
        if (report == null) {
            measureFailed = made.exceptionOrNull() ?: interruption.reason?.let { Said("abort.${it.name.lowercase()}") }
        } else {
            this.report = report
            storage.report = report
            app = app.copy(found = app.found + report.configs.associateBy { it.name })
            storage.keep(bundle.sha256, stamp, app.found)
        }
        changed()
        if (report != null) finished()
    }

    /** How long the run has been going on, in seconds; to be asked at most twice a second. */
    fun tickClock() {
        run = run?.copy(seconds = (platform.clock.nanos() - runBegan) / NANOS_PER_S)
    }

    /** Ends the run that goes on, for a [reason] that the report tells. */
    fun interrupt(reason: Abort) {
        if (run == null) return
        interruption.raise(reason)
        run = run?.copy(aborting = true)
        changed()
    }

    private fun live(): LiveRun? {
        val bundle = app.bundle ?: return null
        if (app.proven.isEmpty()) return null
        return live ?: LiveRun(bundle, runtimes, decoder, platform.clock).also { live = it }
    }

    private fun closeLive() {
        val open = live ?: return
        live = null
        threads.runner.execute { open.close() }
    }

    private fun set(next: AppState) {
        app = next
        changed()
    }

    private companion object {
        const val PERCENT = 100L
        const val NANOS_PER_S = 1e9
    }
}

/** The name of what was measured, as a configuration has it. */
internal val ReportedConfiguration.name: String
    get() = listOfNotNull("$target-$precision", unit, computePrecision, threads).joinToString(":")

private val Bundle.runsHere: Boolean get() = takesOnePicture(manifest) && manifest.task == CLASSIFICATION

/** What a proof on this phone depends on, beside the bundle. */
private fun stamp(
    platform: Platform,
    runtimes: List<Runtime>,
): String {
    val facts = platform.device.facts()
    return (listOf(facts.osBuild, facts.app.version) + runtimes.map { "${it.name} ${it.version}" }).joinToString()
}

private fun isJpeg(content: ByteArray): Boolean =
    content.size > 2 && content[0] == 0xFF.toByte() && content[1] == 0xD8.toByte()
