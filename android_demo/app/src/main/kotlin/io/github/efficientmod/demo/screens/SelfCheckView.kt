package io.github.efficientmod.demo.screens

import android.graphics.Typeface
import android.view.View
import io.github.efficientmod.core.screens.SelfCheckState
import io.github.efficientmod.demo.R
import io.github.efficientmod.demo.ui.Card
import io.github.efficientmod.demo.ui.Kit
import io.github.efficientmod.demo.ui.Page
import io.github.efficientmod.demo.ui.Style
import io.github.efficientmod.demo.ui.check

/** What can be done on the Self-check screen. */
interface SelfCheckActions {
    /** Copies the text. */
    fun copyCheck()

    /** Hands the text to another app. */
    fun shareCheck()

    /** Leads to the Bundle screen. */
    fun back()
}

/** Shows a [SelfCheckState]; [backText] is what the arrow says. */
class SelfCheckView(
    private val kit: Kit,
    private val backText: String,
    private val actions: SelfCheckActions,
) {
    private val page = Page(kit)
    val view: View get() = page.view

    /** Shows [state]. */
    fun show(state: SelfCheckState) =
        page.show(
            state.title,
            listOf(
                Card(state.checks) {
                    val rows = state.checks.map { kit.check(it) }
                    kit.card(14, kit.text(state.intro, Style.SMALL), *rows.toTypedArray())
                },
                Card(state.text) { text(state) },
            ),
            back = Card("back") { kit.iconButton(R.drawable.ic_back, backText, actions::back) },
        )

    private fun text(state: SelfCheckState): View {
        val words =
            kit.text(state.text, Style.SMALL, R.color.ink).apply {
                typeface = Typeface.MONOSPACE
                setTextIsSelectable(true)
                background = kit.shape(R.color.surface_alt, 14f)
                setPadding(kit.dp(14), kit.dp(14), kit.dp(14), kit.dp(14))
            }
        return kit.card(
            14,
            words,
            kit.button(state.copy, primary = true, actions::copyCheck),
            kit.button(state.share, primary = false, actions::shareCheck),
        )
    }
}
