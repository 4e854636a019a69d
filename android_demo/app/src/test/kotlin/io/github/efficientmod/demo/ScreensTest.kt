package io.github.efficientmod.demo

import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.view.View
import android.view.ViewGroup
import android.widget.ScrollView
import io.github.efficientmod.core.screens.Texts
import io.github.efficientmod.demo.ui.children
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.ParameterizedRobolectricTestRunner
import org.robolectric.ParameterizedRobolectricTestRunner.Parameters
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import java.io.File
import kotlin.math.abs

/** Draws every screen in every state, and compares it with its picture in screenshots/; app/record_screens keeps it. */
@RunWith(ParameterizedRobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [36], application = TestApp::class)
class ScreensTest(
    private val name: String,
    private val shot: Shot,
    private val device: Device,
) {
    @Test
    fun looksAsBefore() {
        device.use()
        val activity = shot.open(Texts.of(device.language))
        activity.settle()
        if (shot.scrolled) {
            activity.window.decorView
                .scroller()
                .run { scrollTo(0, getChildAt(0).height) }
        }
        val bitmap = activity.draw()
        val kept = File("screenshots/$name.png")
        if (System.getProperty("screens") == "record") {
            keep(bitmap, kept)
        } else {
            compare(bitmap, kept)
        }
    }

    private fun View.scroller(): ScrollView =
        generateSequence(listOf(this)) { level -> level.filterIsInstance<ViewGroup>().flatMap { it.children() } }
            .takeWhile { it.isNotEmpty() }
            .flatten()
            .firstNotNullOf { it as? ScrollView }

    private fun keep(
        bitmap: Bitmap,
        place: File,
    ) {
        place.parentFile.mkdirs()
        place.outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
    }

    private fun compare(
        bitmap: Bitmap,
        place: File,
    ) {
        assertTrue("$place is not there: type app/record_screens", place.isFile)
        val before = BitmapFactory.decodeFile(place.path)
        val changed = changed(bitmap, before)
        if (changed <= MOST_CHANGED) return
        val now = File("target/screenshots/$name.png")
        keep(bitmap, now)
        throw AssertionError("${"%.2f".format(changed * 100)} % of $name changed; compare $now with $place")
    }

    private fun changed(
        a: Bitmap,
        b: Bitmap,
    ): Double {
        if (a.width != b.width || a.height != b.height) return 1.0
        val (first, second) =
            listOf(a, b).map { bitmap ->
                IntArray(a.width * a.height).also { bitmap.getPixels(it, 0, a.width, 0, 0, a.width, a.height) }
            }
        return first.indices.count { differs(first[it], second[it]) }.toDouble() / first.size
    }

    private fun differs(
        a: Int,
        b: Int,
    ) = listOf(0, 8, 16).any { abs((a shr it and 0xFF) - (b shr it and 0xFF)) > MOST_STEP }

    companion object {
        /** The pictures are kept in few colours; a pixel counts as changed beyond this step of a channel. */
        private const val MOST_STEP = 24
        private const val MOST_CHANGED = 0.002

        @JvmStatic
        @Parameters(name = "{0}")
        fun shots(): List<Array<Any>> {
            val all = SHOTS.map { arrayOf<Any>(it.name, it, Device.PHONE) }
            val more =
                MORE.flatMap { (device, names) ->
                    names.map { name ->
                        arrayOf("${name}_${device.name.lowercase()}", SHOTS.first { it.name == name }, device)
                    }
                }
            return all + more
        }
    }
}
