package io.github.efficientmod.demo.ui

import android.app.Activity
import android.content.res.Configuration
import android.graphics.Insets
import android.os.Build.VERSION.SDK_INT
import android.os.Build.VERSION_CODES.R
import android.view.View
import android.view.WindowInsets
import android.view.WindowInsetsController.APPEARANCE_LIGHT_NAVIGATION_BARS
import android.view.WindowInsetsController.APPEARANCE_LIGHT_STATUS_BARS

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

/** Lets the window go on behind the system's bars, as Android 15 and newer always do; icons of the bars are dark by day. */
@Suppress("DEPRECATION") // what came before Android 11
fun Activity.drawBehindBars() {
    val night = resources.configuration.uiMode and Configuration.UI_MODE_NIGHT_MASK == Configuration.UI_MODE_NIGHT_YES
    if (SDK_INT >= R) {
        val dark = APPEARANCE_LIGHT_STATUS_BARS or APPEARANCE_LIGHT_NAVIGATION_BARS
        window.setDecorFitsSystemWindows(false)
        window.insetsController?.setSystemBarsAppearance(if (night) 0 else dark, dark)
    } else {
        val dark = View.SYSTEM_UI_FLAG_LIGHT_STATUS_BAR or View.SYSTEM_UI_FLAG_LIGHT_NAVIGATION_BAR
        val behind = View.SYSTEM_UI_FLAG_LAYOUT_STABLE or View.SYSTEM_UI_FLAG_LAYOUT_FULLSCREEN
        window.decorView.systemUiVisibility = behind or if (night) 0 else dark
    }
}
