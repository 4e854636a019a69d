package io.github.efficientmod.demo

import android.net.Uri
import android.provider.OpenableColumns
import io.github.efficientmod.core.Frame
import io.github.efficientmod.core.Plane
import io.github.efficientmod.core.configurations
import io.github.efficientmod.core.openBundle
import io.github.efficientmod.demo.device.AndroidPlatform
import io.github.efficientmod.demo.runtime.RunnerThread
import io.github.efficientmod.demo.runtime.executorch
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import java.io.File
import java.io.FileNotFoundException
import java.nio.ByteBuffer
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import javax.imageio.ImageIO

/** The parts of the app that a test on Linux reaches. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [36], application = TestApp::class)
class PartsTest {
    private val app = RuntimeEnvironment.getApplication() as TestApp
    private val resolver = app.contentResolver

    @Test
    fun everythingOfASessionHappensOnOneThread() {
        val runner = RunnerThread()
        val seen = mutableListOf<Thread>()
        val done = CountDownLatch(3)
        repeat(3) {
            runner.execute {
                seen += Thread.currentThread()
                done.countDown()
            }
        }
        assertTrue(done.await(10, TimeUnit.SECONDS))
        assertEquals(1, seen.distinct().size)
        assertNotEquals(Thread.currentThread(), seen.first())
    }

    @Test
    fun aGoldenPictureIsDecodedToItsPixels() {
        val file = repository("tests/vectors/bundle/golden/tall.image.png")
        val picture = HostPhotos.decode(file.readBytes())
        val expected = ImageIO.read(file)
        assertEquals(listOf(expected.height, expected.width), listOf(picture.height, picture.width))
        for (y in 0 until picture.height) {
            for (x in 0 until picture.width) {
                val at = (y * picture.width + x) * 3
                val rgb = (0..2).fold(0) { sum, channel -> sum shl 8 or (picture.rgb[at + channel].toInt() and 0xFF) }
                assertEquals("($x, $y)", expected.getRGB(x, y) and 0xFFFFFF, rgb)
            }
        }
    }

    @Test
    fun whatIsNoPictureIsRefused() {
        assertThrows(IllegalArgumentException::class.java) { HostPhotos.decode(byteArrayOf(1, 2, 3)) }
    }

    @Test
    fun eachFlavourOfTheBuildRunsTheFilesOfItsExecuTorch() {
        val manifest = openBundle(repository("tests/vectors/bundle").toPath()).manifest
        val row = manifest.artifacts.first { it.target == "tflite" }
        val proof = row.proofs.first { it.unit == "gpu" }
        val vulkan = row.copy(target = "executorch-vulkan", proofs = listOf(proof.copy(computePrecision = "float16")))
        val xnnpack = row.copy(target = "executorch", proofs = listOf(row.proofs.first { it.unit == "cpu" }))
        val both = manifest.copy(artifacts = listOf(vulkan, xnnpack))

        fun found(flavour: String) = configurations(both, listOf(executorch(flavour, "1.4.1"))).map { it.name }
        assertEquals(listOf("executorch-vulkan-fp32:gpu:float16"), found("vulkan"))
        assertEquals(listOf("executorch-fp32:cpu:float32:1"), found("xnnpack"))
        assertThrows(NoSuchElementException::class.java) { executorch("qnn", "1.4.1") }
        assertEquals("xnnpack", app.getString(R.string.flavour))
    }

    @Test
    fun aSharedReportAndNothingElseIsRead() {
        val folder = File(AndroidPlatform.runsFolder(app), "run-1").apply { mkdirs() }
        File(folder, "report.json").writeText("{}")
        File(folder, "status.json").writeText("secret")
        val report = Uri.parse("content://io.github.efficientmod.demo.reports/run-1/efficientmod-report-run-1.json")
        assertArrayEquals("{}".toByteArray(), resolver.openInputStream(report)!!.use { it.readBytes() })
        resolver.query(report, null, null, null, null)!!.use { row ->
            assertTrue(row.moveToFirst())
            assertEquals(
                "efficientmod-report-run-1.json",
                row.getString(row.getColumnIndex(OpenableColumns.DISPLAY_NAME)),
            )
            assertEquals(2L, row.getLong(row.getColumnIndex(OpenableColumns.SIZE)))
        }
        for (path in listOf("run-1", "..%2Frun-1/x", "run-2/x", "run-1/x/y")) {
            val uri = Uri.parse("content://io.github.efficientmod.demo.reports/$path")
            assertThrows(path, FileNotFoundException::class.java) { resolver.openInputStream(uri) }
        }
        assertThrows(FileNotFoundException::class.java) { resolver.openOutputStream(report) }
    }

    @Test
    fun frameThatComesWhileOneIsAtWorkIsDropped() {
        val bundle = folderBundle()
        app.model.import("vectors") {
            io.github.efficientmod.core
                .FolderSource(bundle.toPath())
        }
        app.files.run()
        app.model.prove()
        app.runner.run()
        var released = 0
        app.model.frame(grey()) { released++ }
        app.model.frame(grey()) { released++ }
        assertEquals("the second is dropped at once", 1, released)
        app.runner.run()
        assertEquals(2, released)
        assertEquals(5, app.model.filming.guesses.size)
        assertTrue(app.model.filming.meter.p50Ms!! > 0)
    }

    private fun folderBundle() = repository("tests/vectors/bundle")

    private fun grey(): Frame {
        fun plane(
            height: Int,
            width: Int,
        ) = Plane(
            ByteBuffer
                .allocate(height * width)
                .also {
                    while (it.hasRemaining()) it.put(127)
                }.apply { rewind() },
            width,
            1,
        )
        return Frame(48, 64, 90, plane(48, 64), plane(24, 32), plane(24, 32))
    }
}
