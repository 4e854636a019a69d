package io.github.efficientmod.demo

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Insets
import android.graphics.Paint
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.view.WindowInsets
import android.widget.TextView
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import java.io.File

/** A kind of window that the screens are drawn in. */
enum class Device(
    val qualifiers: String,
    val fontScale: Float,
) {
    PHONE("en-w411dp-h891dp-port-notnight-hdpi", 1f),
    PHONE_NIGHT_DE("de-w411dp-h891dp-port-night-hdpi", 1f),
    PHONE_LARGE_FONT_DE("de-w360dp-h800dp-port-notnight-hdpi", 2f),
    PHONE_LANDSCAPE("en-w891dp-h411dp-land-notnight-hdpi", 1f),
    TABLET_NIGHT("en-w1280dp-h800dp-land-night-mdpi", 1f),
    TABLET_DE("de-w800dp-h1280dp-port-notnight-mdpi", 1.3f),
    ;

    /** Makes it the device of the next window. */
    fun use() {
        RuntimeEnvironment.setQualifiers(qualifiers)
        RuntimeEnvironment.setFontScale(fontScale)
    }

    val language get() = qualifiers.substring(0, 2)
}

private const val STATUS_DP = 28
private const val GESTURE_DP = 24

private fun Activity.px(dp: Int) = (dp * resources.displayMetrics.density).toInt()

/** Lays the window out under the system's bars. */
fun Activity.settle() {
    val insets =
        WindowInsets
            .Builder()
            .setInsets(WindowInsets.Type.statusBars(), Insets.of(0, px(STATUS_DP), 0, 0))
            .setInsets(WindowInsets.Type.navigationBars(), Insets.of(0, 0, 0, px(GESTURE_DP)))
            .build()
    window.decorView.dispatchApplyWindowInsets(insets)
    shadowOf(Looper.getMainLooper()).idle()
}

/** The window with marks where the system draws its own clock and handle. */
fun Activity.draw(): Bitmap {
    settle()
    val view = window.decorView
    val bitmap = Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)
    val canvas = Canvas(bitmap)
    view.draw(canvas)
    val mark = Paint(Paint.ANTI_ALIAS_FLAG).apply { color = 0x99888888.toInt() }
    val (width, height) = view.width.toFloat() to view.height.toFloat()
    canvas.drawRect(px(24).toFloat(), px(10).toFloat(), px(64).toFloat(), px(20).toFloat(), mark)
    canvas.drawRect(width - px(70), px(10).toFloat(), width - px(24), px(20).toFloat(), mark)
    val handle = px(54).toFloat()
    canvas.drawRoundRect(
        width / 2 - handle,
        height - px(14),
        width / 2 + handle,
        height - px(10),
        px(2).toFloat(),
        px(2).toFloat(),
        mark,
    )
    return bitmap
}

/** All texts in a view. */
fun View.texts(): List<String> =
    when (this) {
        is TextView -> listOf(text.toString())
        is ViewGroup -> (0 until childCount).flatMap { getChildAt(it).texts() }
        else -> emptyList()
    }

/** A file of the repository. */
fun repository(path: String): File = File("../../$path")
