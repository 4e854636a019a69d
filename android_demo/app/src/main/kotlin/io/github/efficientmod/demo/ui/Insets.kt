package io.github.efficientmod.demo.ui

import android.graphics.Insets
import android.os.Build.VERSION.SDK_INT
import android.os.Build.VERSION_CODES.R
import android.view.View
import android.view.WindowInsets

/** What the system's bars and cutouts cover, in pixels. */
class Covered(
    val left: Int,
    val top: Int,
    val right: Int,
    val bottom: Int,
)

/** Calls [apply] with what is covered, now and when it changes. */
fun View.onCovered(apply: (Covered) -> Unit) {
    setOnApplyWindowInsetsListener { _, insets ->
        apply(covered(insets))
        insets
    }
    requestApplyInsets()
}

@Suppress("DEPRECATION") // what came before Android 11
private fun covered(insets: WindowInsets): Covered =
    if (SDK_INT >= R) {
        val bars: Insets = insets.getInsets(WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout())
        Covered(bars.left, bars.top, bars.right, bars.bottom)
    } else {
        insets.run {
            Covered(
                systemWindowInsetLeft,
                systemWindowInsetTop,
                systemWindowInsetRight,
                systemWindowInsetBottom,
            )
        }
    }
