package io.github.efficientmod.core.screens

import io.github.efficientmod.core.BundleStore
import io.github.efficientmod.core.FakePlatform
import io.github.efficientmod.core.FakeRuntime
import io.github.efficientmod.core.FolderSource
import io.github.efficientmod.core.ImageIoDecoder
import io.github.efficientmod.core.Vectors
import io.github.efficientmod.core.openBundle
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path

private val BACK = PhoneCamera("0", front = false, hasTorch = true, orientation = 90)
private val FRONT = PhoneCamera("1", front = true, hasTorch = false, orientation = 270)

class CameraModelTest(
    @param:TempDir private val folder: Path,
) {
    private val platform = FakePlatform()
    private val runtime = FakeRuntime(openBundle(Vectors.folder.resolve("bundle")), platform)
    private val app =
        AppModel(
            platform,
            listOf(runtime),
            ImageIoDecoder,
            BundleStore(folder.resolve("bundles")),
            Storage(folder.resolve("model")),
            Threads({ it.run() }, { it.run() }, { it.run() }),
        )
    private val phone = FakePhone()
    private val camera = CameraModel(app, phone)

    /** What was asked of the phone, in order. */
    private class FakePhone : CameraPort {
        val done = mutableListOf<String>()
        var opens: () -> Unit = {}
        var shape: PreviewShape? = null
        var found = listOf(BACK, FRONT)
        override var isAllowed = true
        override var displayDegrees = 0

        override fun cameras() = found

        override fun open(
            camera: PhoneCamera,
            rotation: Int,
            shape: PreviewShape,
        ) {
            done += "open ${camera.id} $rotation"
            this.shape = shape
            opens()
        }

        override fun close() {
            done += "close"
        }

        override fun torch(on: Boolean) {
            done += "torch $on"
        }

        override fun ask() {
            done += "ask"
        }

        override fun openSettings() {
            done += "settings"
        }
    }

    private fun proven() {
        app.import("vectors") { FolderSource(Vectors.folder.resolve("bundle")) }
        app.prove()
    }

    @Test
    fun `the camera is open while its screen is shown and can be drawn on, and only once`() {
        proven()
        camera.show()
        assertEquals(emptyList<String>(), phone.done)
        camera.hasPreview = true
        camera.show()
        assertEquals(listOf("open 0 90"), phone.done)
        camera.hide()
        camera.hide()
        camera.hasPreview = false
        assertEquals(listOf("open 0 90", "close"), phone.done)
        camera.hasPreview = true
        assertEquals(2, phone.done.size, "the screen is not shown")
    }

    @Test
    fun `without a permission it is asked for, and the button follows the answer`() {
        proven()
        phone.isAllowed = false
        camera.hasPreview = true
        camera.show()
        assertEquals(Permission.UNKNOWN, app.filming.permission)
        camera.button { error("there is a bundle") }
        camera.answered(mayAskAgain = true)
        assertEquals(Permission.REFUSED, app.filming.permission)
        camera.button { error("there is a bundle") }
        camera.answered(mayAskAgain = false)
        assertEquals(Permission.FOREVER, app.filming.permission)
        camera.button { error("there is a bundle") }
        assertEquals(listOf("ask", "ask", "settings"), phone.done)
        phone.isAllowed = true // in the settings
        camera.hide()
        camera.show()
        assertEquals(Permission.GIVEN, app.filming.permission)
        assertEquals("open 0 90", phone.done.last())
        phone.isAllowed = false // taken away
        camera.hide()
        camera.show()
        assertEquals(Permission.UNKNOWN, app.filming.permission)
    }

    @Test
    fun `nothing opens before the proof, and the button leads to the bundle`() {
        var led = false
        camera.hasPreview = true
        camera.show()
        camera.button { led = true }
        assertTrue(led)
        assertEquals(emptyList<String>(), phone.done)
    }

    @Test
    fun `the other camera is turned the other way, and has no torch`() {
        proven()
        phone.displayDegrees = 90
        camera.hasPreview = true
        camera.show()
        assertTrue(app.filming.hasTorch)
        camera.torch()
        assertTrue(app.filming.torch)
        camera.flip()
        assertFalse(app.filming.torch)
        assertFalse(app.filming.hasTorch)
        camera.flip()
        assertEquals(listOf("open 0 0", "torch true", "close", "open 1 0", "close", "open 0 0"), phone.done)
        assertEquals(listOf(90, 270), listOf(BACK, FRONT).map { frameRotation(it.orientation, 0, it.front) })
        assertEquals(listOf(270, 90), listOf(BACK, FRONT).map { frameRotation(it.orientation, 180, it.front) })
    }

    @Test
    fun `a camera that does not open, or ends by itself, says so and is closed`() {
        proven()
        phone.opens = { throw IllegalStateException("the policy forbids it") }
        camera.hasPreview = true
        camera.show()
        assertEquals("the policy forbids it", app.filming.failed?.message)
        assertEquals(listOf("open 0 90", "close"), phone.done)
        phone.opens = {}
        camera.show()
        assertNull(app.filming.failed)
        camera.failed(Said("camera.taken"))
        assertEquals("close", phone.done.last())
        assertEquals(
            listOf("Another app took the camera."),
            cameraState(Texts.of("en"), app.app, app.filming).banner?.lines,
        )
    }

    @Test
    fun `a phone without a camera says so`() {
        proven()
        phone.found = emptyList()
        camera.hasPreview = true
        camera.show()
        camera.flip()
        assertEquals(emptyList<String>(), phone.done)
        assertEquals("No camera", cameraState(Texts.of("en"), app.app, app.filming).empty?.title)
    }

    @Test
    fun `a preview on a turned display is turned back and has its sides exchanged`() {
        proven()
        phone.displayDegrees = 270
        camera.hasPreview = true
        camera.show()
        val lying = phone.shape!!
        assertEquals(listOf(true, -270, 4.0 / 3), listOf(lying.lies, lying.turn, lying.ratio))
        phone.displayDegrees = 180
        camera.flip()
        val upright = phone.shape!!
        assertEquals(listOf(false, -180, 0.75), listOf(upright.lies, upright.turn, upright.ratio))
        assertTrue(upright.seen.right - upright.seen.left > upright.seen.bottom - upright.seen.top)
    }

    @Test
    fun `a tablet's camera, whose sensor lies as the display does, is wide`() {
        proven()
        phone.found = listOf(BACK.copy(orientation = 0))
        camera.hasPreview = true
        camera.show()
        assertEquals(listOf("open 0 0"), phone.done)
        assertEquals(listOf(false, 0, 4.0 / 3), phone.shape!!.run { listOf(lies, turn, ratio) })
    }
}
