package io.github.efficientmod.core

import java.nio.file.Files
import java.nio.file.Path
import java.time.Instant
import kotlin.math.abs

private const val SECOND = 1_000_000_000L

/** Time that goes on when somebody sleeps, computes or looks at it. */
class FakeClock : Clock {
    private var now = 5 * SECOND
    private val events = mutableListOf<Pair<Long, () -> Unit>>()

    /** Runs [event] when the time is reached, counted from the clock's start. */
    fun at(
        seconds: Double,
        event: () -> Unit,
    ) {
        events += (5 * SECOND + (seconds * SECOND).toLong()) to event
    }

    val seconds: Double get() = now / 1e9 - 5

    fun spend(nanos: Long) {
        now += nanos
        events.filter { it.first <= now }.forEach { (at, event) ->
            events.removeAll { it.first == at }
            event()
        }
    }

    override fun nanos(): Long = now.also { spend(100) }

    override fun now(): Instant = Instant.parse("2026-11-27T09:30:05.7Z")

    override fun sleep(nanos: Long) = spend(nanos)
}

/** A phone whose every value a test sets. */
class FakePlatform(
    override val clock: FakeClock = FakeClock(),
) : Platform {
    var thermal: Int? = 0
    var battery: Int? = 270
    var saver: Boolean? = false
    var rssKb = 100_000L
    var facts =
        DeviceFacts(
            app = AppFacts("io.github.efficientmod.demo", "1.0", debug = false, platform = "android"),
            manufacturer = "Google",
            model = "Pixel 9",
            hardware = "zumapro",
            soc = "Tensor G4",
            os = "Android",
            osVersion = "16",
            osBuild = "BP2A",
            abi = "arm64-v8a",
            cores = 8,
            cpuMaxKhz = List(8) { 2_600_000 },
            ramBytes = 12L shl 30,
            pageSizeBytes = 16384,
        )
    val written = linkedMapOf<String, String>()
    var storageFull = false

    override val thermals =
        object : Thermals {
            override fun status() = thermal

            override fun headroom() = Float.NaN
        }
    override val power =
        object : Power {
            override fun batteryTenths() = battery

            override fun charging() = false

            override fun powerSaver() = saver

            override fun brightness() = 51
        }
    override val memory =
        object : Memory {
            override fun status() =
                "Name:\tapp\nVmHWM:\t 999999 kB\nVmRSS:\t  $rssKb kB\nRssAnon:\t ${rssKb / 4} kB\nRssFile:\t 9000 kB\n"
        }
    override val device =
        object : Device {
            override fun facts() = this@FakePlatform.facts
        }
    override val reports =
        object : Reports {
            override fun write(
                run: String,
                name: String,
                text: String,
            ) {
                if (storageFull && name == "report.json") throw java.io.IOException("No space left on device")
                synchronized(written) { written["$run/$name"] = text }
            }
        }
}

/**
 * Computes what the golden samples say: the references of the sample whose input is nearest, off by the distance to it.
 * Each behaviour of a real runtime that a run must stand is a variable.
 */
class FakeRuntime(
    private val bundle: Bundle,
    private val platform: FakePlatform,
) : Runtime {
    override val name = "LiteRT"
    override val version = "2.3.0"
    override val targets = setOf("tflite")
    override var dtypes = setOf(Dtype.FLOAT32)
    override val modes = listOf(Mode("cpu", "float32", true), Mode("gpu", "float16", false))

    var callNanos: (call: Int) -> Long = { 5_000_000L + it % 7 * 10_000 }
    var software = false
    var opening: (open: Int) -> Unit = {}
    var feed: (List<Values>) -> List<Values> = { it }
    var answer: (call: Int, outputs: List<Values>) -> List<Values> = { _, outputs -> outputs }
    val opened = mutableListOf<String>()
    var calls = 0
    var openSessions = 0
    private val samples =
        Golden(
            bundle,
            ImageIoDecoder,
        ).samples(bundle.manifest.artifacts.first { it.target == "tflite" })

    override fun open(
        file: Path,
        configuration: Configuration,
    ): Session {
        check(Files.exists(file))
        check(openSessions == 0) { "two sessions are open at once" }
        opened += configuration.name
        platform.clock.spend(30_000_000)
        opening(opened.size)
        openSessions++
        platform.rssKb += 20_000
        return FakeSession(configuration)
    }

    private inner class FakeSession(
        configuration: Configuration,
    ) : Session {
        private val artifact = configuration.artifact
        private var inputs = emptyList<Values>()
        private var outputs = emptyList<Values>()
        override val facts = SessionFacts(listOf("XNNPACK"), configuration.computePrecision, software = software)

        override fun write(inputs: List<Values>) {
            platform.clock.spend(200_000)
            this.inputs = feed(inputs)
        }

        override fun run() {
            calls++
            platform.clock.spend(callNanos(calls))
            val input = inputs.single().floats
            val distances = samples.map { sample -> distance(input, sample.inputs.single().floats) }
            val nearest = samples[distances.indexOf(distances.min())]
            val made = nearest.references.map { off(it, distances.min().toFloat()) }
            outputs = answer(calls, made.mapIndexed { index, values -> asOwn(index, values) })
        }

        override fun read(): List<Values> = outputs.also { platform.clock.spend(100_000) }

        override fun close() {
            openSessions--
            platform.rssKb -= 20_000
        }

        private fun asOwn(
            index: Int,
            values: Values,
        ): Values = laidOut(values, bundle.manifest.outputs[index].layout, artifact.outputs[index].layout)
    }

    private fun distance(
        a: FloatArray,
        b: FloatArray,
    ): Double = if (a.size == b.size) a.indices.sumOf { abs(a[it] - b[it]).toDouble() } / a.size else 1.0

    private fun off(
        values: Values,
        by: Float,
    ): Values = Values.of(values.shape, FloatArray(values.count) { values.floats[it] + by * (it % 3) })
}
