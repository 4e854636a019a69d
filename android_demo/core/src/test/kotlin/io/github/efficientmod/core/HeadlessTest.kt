package io.github.efficientmod.core

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path

private const val RUN = "0f8fad5b-d9cb-469f-a165-70867728950e"

class HeadlessTest {
    private val fake = FakeBench()
    private val lines = mutableListOf<String>()
    private val headless =
        Headless(listOf(fake.runtime), ImageIoDecoder, fake.platform, fake.interruption, ::readBundle) {
            synchronized(lines) { lines += Json.encodeToString(it) }
        }
    private val arguments =
        mapOf(
            "run" to RUN,
            "bundle" to Vectors.folder.resolve("bundle").toString(),
            "plan" to "quick",
            "burst_s" to "1",
        )

    private fun statuses(): List<JsonObject> =
        synchronized(lines) { lines.map { Json.parseToJsonElement(it).jsonObject } }

    private fun assertFails(
        code: String,
        text: String,
        arguments: Map<String, String>,
    ) {
        assertFalse(headless.run(arguments))
        val last = statuses().last()
        assertEquals(
            listOf("failed", code, text),
            listOf("state", "code", "text").map { last[it]!!.jsonPrimitive.content },
        )
        assertEquals(setOf("$RUN/status.json"), fake.platform.written.keys)
    }

    @Test
    fun `a run writes its status and at last the report`() {
        assertTrue(headless.run(arguments))
        val statuses = statuses()
        val steps = statuses.map { it["step"]!!.jsonPrimitive.content }.distinct()
        assertEquals(listOf("import", "replay", "open", "wait", "warmup", "burst", "paced", "memory", "report"), steps)
        for (field in listOf("fraction", "at_s")) {
            val values = statuses.map { it[field]!!.jsonPrimitive.double }
            assertEquals(values.sorted(), values)
        }
        assertEquals(1.0, statuses.last()["fraction"]!!.jsonPrimitive.double)
        assertEquals("done", statuses.last()["state"]!!.jsonPrimitive.content)
        assertEquals(lines.last() + "\n", fake.platform.written["$RUN/status.json"])
        val report = Report.of(fake.platform.written.getValue("$RUN/report.json"))
        assertEquals(RUN, report.runId)
        assertEquals("custom", report.plan.name)
        val names = report.configs.map { Triple(it.unit, it.computePrecision, it.threads) }
        assertEquals(listOf(Triple("cpu", "float32", 1), Triple("gpu", "float16", null)), names)
    }

    @Test
    fun `the fraction goes on within a step`() {
        val sustained = RunProgress(RunStep.SUSTAINED, "x", fraction = 0.2, until = 0.8, seconds = 600.0)
        assertEquals(listOf(0.2, 0.5, 0.8), listOf(0.0, 300.0, 900.0).map { sustained.fractionAfter(it) })
        assertEquals(0.2, RunProgress(RunStep.WAIT, "x", 0.2).fractionAfter(60.0))
    }

    @Test
    fun `configurations are named as on the command line`() {
        assertTrue(headless.run(arguments + ("configs" to "tflite-fp32:gpu:float16,tflite-fp32:cpu:float32:4")))
        val report = Report.of(fake.platform.written.getValue("$RUN/report.json"))
        assertEquals(listOf(null, 4), report.configs.map { it.threads })
    }

    @Test
    fun `what cannot be run is told with a code`() {
        assertFails(
            "bad_arguments",
            "there is no plan 'fast'; there are quick, standard, sustained",
            arguments + ("plan" to "fast"),
        )
        assertFails("bad_arguments", "there is no argument brust_s", arguments + ("brust_s" to "1"))
        assertFails("bad_arguments", "bundle: give the path of a bundle", arguments - "bundle")
        val unknown = "this app cannot run 'tflite-fp32:npu:float32' of this bundle"
        assertFails("unknown_config", unknown, arguments + ("configs" to "tflite-fp32:npu:float32"))
    }

    @Test
    fun `a damaged bundle is refused with all its problems`(
        @TempDir folder: Path,
    ) {
        Files.writeString(folder.resolve("manifest.json"), "{}")
        assertFalse(headless.run(arguments + ("bundle" to folder.toString())))
        assertEquals("bundle_refused", statuses().last()["code"]!!.jsonPrimitive.content)
    }

    @Test
    fun `a run that is aborted before anything is proven has no report`() {
        fake.interruption.raise(Abort.BACKGROUND)
        assertFails("aborted", "the app left the foreground", arguments)
    }

    @Test
    fun `a full storage is told`() {
        fake.platform.storageFull = true
        assertFails("storage_full", "the report cannot be written: No space left on device", arguments)
    }

    @Test
    fun `without a run's name there is no place for a status`() {
        assertThrows<ArgumentException> { headless.run(arguments - "run") }
        assertThrows<ArgumentException> { headless.run(arguments + ("run" to "../../x")) }
    }

    @Test
    fun `files of a run are written whole, in a folder of its own`(
        @TempDir folder: Path,
    ) {
        val reports = FolderReports(folder.resolve("runs"))
        reports.write(RUN, "status.json", "1")
        reports.write(RUN, "status.json", "2")
        val files = Files.walk(folder).use { walk -> walk.filter(Files::isRegularFile).toList() }
        assertEquals(listOf(folder.resolve("runs/$RUN/status.json")), files)
        assertEquals("2", Files.readString(files.single()))
    }
}
