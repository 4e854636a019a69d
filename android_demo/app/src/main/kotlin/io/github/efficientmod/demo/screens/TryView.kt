package io.github.efficientmod.demo.screens

import android.view.Gravity
import android.view.View
import io.github.efficientmod.core.screens.TryState
import io.github.efficientmod.demo.R
import io.github.efficientmod.demo.ui.Card
import io.github.efficientmod.demo.ui.Kit
import io.github.efficientmod.demo.ui.Page
import io.github.efficientmod.demo.ui.PictureView
import io.github.efficientmod.demo.ui.Style
import io.github.efficientmod.demo.ui.answer
import io.github.efficientmod.demo.ui.choices
import io.github.efficientmod.demo.ui.empty
import io.github.efficientmod.demo.ui.isWide
import io.github.efficientmod.demo.ui.section

/** What can be done on the Try screen. */
interface TryActions {
    /** Runs a golden sample's picture. */
    fun trySample(name: String)

    /** Asks for a photo, and runs it. */
    fun choosePhoto()

    /** Runs as another configuration. */
    fun runAs(configuration: String)

    /** Shows the Bundle screen. */
    fun toBundle()
}

/** Shows a [TryState]. */
class TryView(
    private val kit: Kit,
    private val actions: TryActions,
) {
    private val page = Page(kit)
    val view: View get() = page.view

    /** Shows [state]. */
    fun show(state: TryState) {
        val empty = state.empty
        if (empty != null) {
            page.show(state.title, listOf(Card(empty) { kit.empty(empty, R.drawable.ic_photo, actions::toBundle) }))
            return
        }
        page.show(
            state.title,
            listOfNotNull(
                state.banner?.let { banner -> Card(banner) { kit.banner(banner) } },
                Card(listOf(state.samples, state.photo, state.configurations)) { choose(state) },
                state.seen?.let { seen ->
                    Card(seen) {
                        kit.card(
                            12,
                            PictureView(kit, seen.picture, seen.text, if (kit.context.isWide()) MOST_WIDE else MOST),
                            kit.text(seen.text, Style.SMALL).apply {
                                gravity =
                                    Gravity.CENTER_HORIZONTAL
                            },
                        )
                    }
                },
                Card(listOf(state.answers, state.notes)) { answers(state) }.takeIf { state.answers.isNotEmpty() },
                Card(
                    state.times,
                ) { kit.section(state.timesTitle, 10, *state.times.map { kit.fact(it) }.toTypedArray()) }
                    .takeIf { state.times.isNotEmpty() },
            ),
        )
    }

    private fun choose(state: TryState): View =
        kit.card(
            12,
            kit.text(state.samplesTitle, Style.LABEL),
            kit.choices(state.samples, actions::trySample),
            kit.button(state.photo, primary = true, actions::choosePhoto),
            kit.text(state.configurationsTitle, Style.LABEL),
            kit.choices(state.configurations, actions::runAs),
        )

    private fun answers(state: TryState): View {
        val rows = state.answers.mapIndexed { index, one -> kit.answer(one, index == 0) }
        val notes = state.notes.map { kit.text(it, Style.SMALL) }
        return kit.section(state.answersTitle, 14, *rows.toTypedArray(), *notes.toTypedArray())
    }

    private companion object {
        const val MOST = 240
        const val MOST_WIDE = 360
    }
}
