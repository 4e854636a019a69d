package io.github.efficientmod.core

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.double
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.nio.file.Path
import java.time.Instant
import kotlin.math.abs
import kotlin.math.max
import kotlin.math.roundToInt

private val THERMAL = listOf("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")

/** The run of `tests/vectors/fake_run.json` leaves the report that is there, as the Swift core's does. */
class FakeRunTest {
    @Test
    fun `the report is the vector's, value by value`() {
        for (case in Vectors.cases("fake_run")) {
            val phone = VectorPhone(case)
            val bundle = openBundle(Vectors.folder.resolve("bundle"))
            val runtime = VectorRuntime(bundle, phone)
            val names = case.getValue("configs").jsonArray.map { it.jsonPrimitive.content }
            val configurations = names.map { configurationOf(it, bundle.manifest, listOf(runtime))!! }
            val plan = Json.decodeFromJsonElement(Plan.serializer(), case.getValue("plan"))
            val bench = Bench(bundle, listOf(runtime), ImageIoDecoder, phone, Interruption())
            val report = bench.run(case.text("run_id"), plan, configurations)!!
            val found = Json.parseToJsonElement(report.toJson())
            assertEquals(emptyList<String>(), differences(found, case.getValue("report"), "report"))
        }
    }
}

/** A phone whose time goes on only where a session works or somebody sleeps. */
private class VectorPhone(
    case: JsonObject,
) : Platform {
    val described = case.getValue("phone").jsonObject
    private val used = described.getValue("memory").jsonObject
    val sessionBytes = used.getValue("session").jsonPrimitive.long
    var bytes = used.getValue("before").jsonPrimitive.long
    var time = 0L

    private fun state(name: String): JsonPrimitive =
        described
            .getValue(name)
            .jsonArray
            .last { it.jsonArray[0].jsonPrimitive.double <= time / 1e9 }
            .jsonArray[1]
            .jsonPrimitive

    override val clock =
        object : Clock {
            override fun nanos() = time

            override fun now(): Instant = Instant.parse("2026-11-27T09:30:05.75Z")

            override fun sleep(nanos: Long) {
                time += nanos
            }
        }
    override val thermals =
        object : Thermals {
            override fun status() = THERMAL.indexOf(state("thermal").content)

            override fun headroom(): Float? = null
        }
    override val power =
        object : Power {
            override fun batteryTenths() = (state("battery_c").double * 10).roundToInt()

            override fun charging() = false

            override fun powerSaver() = false

            override fun brightness() = (described.getValue("brightness").jsonPrimitive.double * 255).roundToInt()
        }
    override val memory =
        object : Memory {
            override fun status() = "VmRSS: ${bytes / 1024} kB\nRssAnon: $anon kB\nRssFile: $file kB\n"

            private val anon = used.getValue("anon").jsonPrimitive.long / 1024
            private val file = used.getValue("file").jsonPrimitive.long / 1024
        }
    override val device =
        object : Device {
            override fun facts() = facts(case.getValue("app").jsonObject, case.getValue("device").jsonObject)
        }
    override val reports =
        object : Reports {
            override fun write(
                run: String,
                name: String,
                text: String,
            ) = error("a bench writes nothing")
        }
}

private fun facts(
    app: JsonObject,
    device: JsonObject,
) = DeviceFacts(
    app = AppFacts(app.text("name"), app.text("version"), debug = false, platform = app.text("platform")),
    manufacturer = device.text("manufacturer"),
    model = device.text("model"),
    hardware = "zumapro",
    soc = device.text("soc"),
    os = device.text("os"),
    osVersion = device.text("os_version"),
    osBuild = device.text("os_build"),
    abi = device.text("abi"),
    cores = device.int("cores"),
    cpuMaxKhz = device.ints("cpu_max_khz"),
    ramBytes = device.getValue("ram_bytes").jsonPrimitive.long,
    pageSizeBytes = device.getValue("page_size_bytes").jsonPrimitive.long,
)

/** Gives the golden outputs times the vector's scale. */
private class VectorRuntime(
    private val bundle: Bundle,
    private val phone: VectorPhone,
) : Runtime {
    override val name = "LiteRT"
    override val version = "2.3.2"
    override val targets = setOf("tflite")
    override val dtypes = setOf(Dtype.FLOAT32)
    override val modes = listOf(Mode("cpu", "float32", true), Mode("gpu", "float16", false))

    private val described = phone.described
    private val runNanos = described.getValue("run_ns").jsonArray.map { it.jsonPrimitive.long }
    private val scale =
        described
            .getValue("scale")
            .jsonPrimitive.double
            .toFloat()
    private var calls = 0

    override fun open(
        file: Path,
        configuration: Configuration,
    ): Session {
        phone.time += nanos("open_ns")
        phone.bytes += phone.sessionBytes
        return VectorSession(configuration)
    }

    private fun nanos(name: String) = described.getValue(name).jsonPrimitive.long

    private inner class VectorSession(
        configuration: Configuration,
    ) : Session {
        private val artifact = configuration.artifact
        private val samples = Golden(bundle, ImageIoDecoder).samples(artifact)
        private var inputs = emptyList<Values>()
        override val facts = SessionFacts(listOf("fake"), configuration.computePrecision)

        override fun write(inputs: List<Values>) {
            this.inputs = inputs
            phone.time += nanos("write_ns")
        }

        override fun run() {
            phone.time += runNanos[calls++ % runNanos.size]
        }

        override fun read(): List<Values> {
            phone.time += nanos("read_ns")
            val sample = samples.first { it.inputs.single().sameBits(inputs.single()) }
            return sample.references.mapIndexed { index, values ->
                val scaled = Values.of(values.shape, FloatArray(values.count) { values.floats[it] * scale })
                laidOut(scaled, bundle.manifest.outputs[index].layout, artifact.outputs[index].layout)
            }
        }

        override fun close() {
            phone.bytes -= phone.sessionBytes
        }
    }
}

/** Where two documents differ; numbers are near each other, and 1 is 1.0. */
private fun differences(
    found: JsonElement,
    expected: JsonElement,
    place: String,
): List<String> =
    when {
        found is JsonObject && expected is JsonObject -> {
            (found.keys + expected.keys).flatMap { key ->
                if (key in found && key in expected) {
                    differences(found.getValue(key), expected.getValue(key), "$place.$key")
                } else {
                    listOf("$place has or lacks $key")
                }
            }
        }

        found is JsonArray && expected is JsonArray && found.size == expected.size -> {
            found.indices.flatMap { differences(found[it], expected[it], "$place.$it") }
        }

        found is JsonPrimitive && expected is JsonPrimitive && alike(found, expected) -> {
            emptyList()
        }

        else -> {
            listOf("$place is ${found.toString().take(80)}, not ${expected.toString().take(80)}")
        }
    }

private fun alike(
    found: JsonPrimitive,
    expected: JsonPrimitive,
): Boolean {
    if (found.isString || expected.isString) return found == expected
    val (a, b) = (found.doubleOrNull ?: return found == expected) to (expected.doubleOrNull ?: return false)
    return abs(a - b) <= max(1e-12, 1e-9 * abs(b))
}
