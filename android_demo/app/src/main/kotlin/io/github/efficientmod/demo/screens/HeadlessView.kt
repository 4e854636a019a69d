package io.github.efficientmod.demo.screens

import android.view.Gravity
import android.view.View
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.FrameLayout
import android.widget.ScrollView
import io.github.efficientmod.core.screens.HeadlessState
import io.github.efficientmod.demo.R
import io.github.efficientmod.demo.ui.BarView
import io.github.efficientmod.demo.ui.Kit
import io.github.efficientmod.demo.ui.Style
import io.github.efficientmod.demo.ui.onCovered

/** Shows a [HeadlessState]. */
class HeadlessView(
    private val kit: Kit,
) {
    private val place = FrameLayout(kit.context)

    /** The view of it, which keeps clear of what the system covers. */
    val view: View =
        ScrollView(kit.context).apply {
            isFillViewport = true
            addView(place, FrameLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT))
            onCovered { setPadding(it.left, it.top, it.right, it.bottom) }
        }

    /** Shows [state]. */
    fun show(state: HeadlessState) {
        val card = kit.card(16, kit.text(state.title, Style.LABEL), *parts(state).toTypedArray())
        val room = kit.context.resources.configuration.screenWidthDp
        val wide = if (room > MOST_DP) kit.dp(MOST_DP) else MATCH_PARENT
        val middle = FrameLayout.LayoutParams(wide, WRAP_CONTENT, Gravity.CENTER)
        middle.setMargins(kit.dp(16), kit.dp(16), kit.dp(16), kit.dp(16))
        place.removeAllViews()
        place.addView(card, middle)
    }

    private fun parts(state: HeadlessState): List<View> =
        state.banner?.let { listOf(kit.banner(it)) } ?: listOf(
            kit.column(4, kit.text(state.step, Style.TITLE), kit.text(state.about, Style.SMALL)),
            BarView(kit, R.color.accent, 10).apply { part = state.fraction },
            kit.text(state.note, Style.SMALL),
        )

    private companion object {
        const val MOST_DP = 560
    }
}
