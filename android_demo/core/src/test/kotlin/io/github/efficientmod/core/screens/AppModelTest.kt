package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Abort
import io.github.efficientmod.core.BundleException
import io.github.efficientmod.core.BundleStore
import io.github.efficientmod.core.ConfigState
import io.github.efficientmod.core.FakePlatform
import io.github.efficientmod.core.FakeRuntime
import io.github.efficientmod.core.FolderSource
import io.github.efficientmod.core.Frame
import io.github.efficientmod.core.ImageIoDecoder
import io.github.efficientmod.core.Plane
import io.github.efficientmod.core.Refusal
import io.github.efficientmod.core.Report
import io.github.efficientmod.core.Vectors
import io.github.efficientmod.core.keep
import io.github.efficientmod.core.openBundle
import io.github.efficientmod.core.spread
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.ByteBuffer
import java.nio.file.Files
import java.nio.file.Path
import java.util.ArrayDeque
import java.util.concurrent.Executor

class AppModelTest(
    @param:TempDir private val folder: Path,
) {
    private val platform = FakePlatform()
    private val runtime = FakeRuntime(openBundle(Vectors.folder.resolve("bundle")), platform)
    private val waiting = ArrayDeque<Runnable>()
    private val later = Executor { waiting += it }
    private val model = made()

    private fun made() =
        AppModel(
            platform,
            listOf(runtime),
            ImageIoDecoder,
            BundleStore(folder.resolve("bundles")),
            Storage(folder.resolve("model")),
            Threads(main = { it.run() }, runner = later, files = later),
        )

    private fun work() = generateSequence { waiting.poll() }.forEach { it.run() }

    private fun open() {
        model.import("vectors") { FolderSource(Vectors.folder.resolve("bundle")) }
        assertNotNull(model.app.importing)
        work()
    }

    private fun proven() {
        open()
        model.prove()
        work()
    }

    @Test
    fun `an import, a proof and a run end in a report`() {
        proven()
        assertEquals(model.app.configurations, model.app.proven)
        var done: String? = null
        model.finished = { done = model.report?.runId }
        model.measure()
        assertTrue(model.isBusy)
        work()
        assertEquals(done, model.report?.runId)
        assertTrue(model.report!!.configs.all { it.state == ConfigState.MEASURED })
        assertEquals(model.report, Report.of(platform.written.getValue("$done/report.json")))
        assertNull(model.run)
        assertEquals(0, runtime.openSessions)
    }

    @Test
    fun `nothing unproven is measured, tried or filmed`() {
        open()
        model.measure()
        model.trySample("tall")
        assertTrue(waiting.isEmpty() && model.run == null && !model.trying.busy)
    }

    @Test
    fun `a second task waits for the first to end`() {
        proven()
        model.measure()
        model.prove()
        model.import("again") { error("not asked") }
        model.trySample("tall")
        assertNull(model.app.proving)
        assertNull(model.app.importing)
        assertFalse(model.trying.busy)
        work()
    }

    @Test
    fun `another process knows what was proven, another system does not`() {
        proven()
        assertEquals(model.app.proven, made().app.proven)
        platform.facts = platform.facts.copy(osBuild = "BP3A")
        assertEquals(emptyList<Any>(), made().app.proven)
        assertNotNull(made().app.bundle)
    }

    @Test
    fun `a bundle that was changed since is refused by its proof`() {
        proven()
        val artifact =
            model.app.bundle!!
                .folder
                .resolve("model.tflite")
        Files.write(artifact, Files.readAllBytes(artifact).apply { this[0] = (this[0] + 1).toByte() })
        model.prove()
        work()
        assertTrue(
            model.app.found.values
                .all { it.reason?.code == "changed_file" },
        )
    }

    @Test
    fun `an abort ends a run without a report before anything was proven in it`() {
        proven()
        model.measure()
        model.interrupt(Abort.USER)
        assertTrue(model.run!!.aborting)
        work()
        assertEquals("abort.user", (model.measureFailed as Said).key)
        assertNull(model.report)
    }

    @Test
    fun `what is measured wrongly is not proven any more`() {
        proven()
        runtime.answer =
            { _, outputs ->
                outputs.map {
                    io.github.efficientmod.core.Values
                        .of(it.shape, FloatArray(it.count))
                }
            }
        model.measure()
        work()
        assertEquals(emptyList<Any>(), model.app.proven)
    }

    @Test
    fun `a sample keeps its session open, and a run closes it`() {
        proven()
        model.trySample("tall")
        work()
        assertNotNull(model.trying.tried)
        assertEquals(1, runtime.openSessions)
        model.runAs(
            model.app.proven
                .last()
                .name,
        )
        work()
        assertEquals(
            model.app.proven
                .last()
                .name,
            model.trying.tried?.configuration,
        )
        assertEquals(1, runtime.openSessions)
        model.measure()
        work()
        assertEquals(0, runtime.openSessions)
    }

    @Test
    fun `an import that fails says why, and leaves the open bundle`() {
        open()
        model.import("empty") { FolderSource(Files.createDirectory(folder.resolve("empty"))) }
        work()
        assertEquals("empty", model.app.refused?.name)
        assertEquals(
            listOf(Refusal.NO_MANIFEST),
            (model.app.refused!!.error as BundleException).problems.map { it.refusal },
        )
        assertNotNull(model.app.bundle)
    }

    @Test
    fun `what was filmed before a run is in its report, with the frames that were dropped`() {
        proven()
        val filmed = model.app.proven.last()
        model.filmAs(filmed.name)
        model.beginFilm()
        var released = 0
        repeat(5) {
            platform.clock.spend(30_000_000)
            model.frame(grey()) { released++ }
            model.frame(grey()) { released++ }
            work()
        }
        assertEquals(10, released)
        model.measure()
        work()
        val camera = model.report!!.camera!!
        assertEquals(filmed.name, model.report!!.configs[camera.config].name)
        assertEquals(listOf(5, 5), listOf(camera.frames, camera.dropped))
        assertTrue(camera.endToEndNs.zip(camera.preprocessNs).all { (whole, part) -> whole > part + 5_000_000 })
        assertEquals(spread(camera.endToEndNs.toLongArray()), camera.endToEnd)
        assertTrue(camera.seconds in 0.12..0.3, "${camera.seconds}")
        val report = platform.written.getValue("${model.report!!.runId}/report.json")
        assertEquals(camera, Report.of(report).camera)
        keep(model.report!!)
    }

    @Test
    fun `what was not measured is not in the report as filmed`() {
        proven()
        val (first, last) = model.app.proven.let { it.first().name to it.last().name }
        model.filmAs(last)
        model.frame(grey()) {}
        work()
        model.tick(last, false)
        model.measure()
        work()
        assertEquals(listOf(first), model.report!!.configs.map { it.name })
        assertNull(model.report!!.camera)
    }
}

/** A frame of 24 x 16 pixels that are all grey. */
internal fun grey(): Frame {
    fun plane(
        height: Int,
        width: Int,
    ) = Plane(ByteBuffer.wrap(ByteArray(height * width) { 127 }), width, 1)
    return Frame(16, 24, 0, plane(16, 24), plane(8, 12), plane(8, 12))
}
