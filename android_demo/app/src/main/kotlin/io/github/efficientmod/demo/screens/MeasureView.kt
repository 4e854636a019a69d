package io.github.efficientmod.demo.screens

import android.view.View
import io.github.efficientmod.core.screens.MeasureState
import io.github.efficientmod.core.screens.RunningState
import io.github.efficientmod.demo.R
import io.github.efficientmod.demo.ui.BarView
import io.github.efficientmod.demo.ui.Card
import io.github.efficientmod.demo.ui.Kit
import io.github.efficientmod.demo.ui.Page
import io.github.efficientmod.demo.ui.Style
import io.github.efficientmod.demo.ui.check
import io.github.efficientmod.demo.ui.choices
import io.github.efficientmod.demo.ui.empty
import io.github.efficientmod.demo.ui.section
import io.github.efficientmod.demo.ui.tickable

/** What can be done on the Measure screen. */
interface MeasureActions {
    /** Ticks a configuration, or takes the tick away. */
    fun tick(
        configuration: String,
        on: Boolean,
    )

    /** Chooses a plan. */
    fun plan(name: String)

    /** Starts. */
    fun measure()

    /** Stops the run. */
    fun abort()

    /** Shows the Result screen. */
    fun lastResult()

    /** Shows the Bundle screen. */
    fun toBundle()
}

/** Shows a [MeasureState]. */
class MeasureView(
    private val kit: Kit,
    private val actions: MeasureActions,
) {
    private val page = Page(kit)
    val view: View get() = page.view

    /** Shows [state]. */
    fun show(state: MeasureState) = page.show(state.title, head(state) + cards(state))

    private fun head(state: MeasureState): List<Card> =
        listOfNotNull(
            state.banner?.let { banner -> Card(banner) { kit.banner(banner) } },
            state.lastResult?.let { last -> Card(last) { kit.button(last, primary = false, actions::lastResult) } },
        )

    private fun cards(state: MeasureState): List<Card> {
        val running = state.running
        val empty = state.empty
        return when {
            running != null -> {
                listOf(
                    Card(running.copy(abort = NO_BUTTON)) { progress(running) },
                    Card(running.abort) { kit.button(running.abort, primary = false, actions::abort) },
                )
            }

            empty != null -> {
                listOf(Card(empty) { kit.empty(empty, R.drawable.ic_measure, actions::toBundle) })
            }

            else -> {
                choice(state)
            }
        }
    }

    private fun choice(state: MeasureState): List<Card> =
        listOf(
            Card(state.configurations) {
                val rows = state.configurations.map { one -> kit.tickable(one) { on -> actions.tick(one.id, on) } }
                kit.section(state.configurationsTitle, 8, *rows.toTypedArray())
            },
            Card(listOf(state.plans, state.planText)) {
                val words = kit.text(state.planText, Style.SMALL)
                kit.section(state.planTitle, 12, kit.choices(state.plans, actions::plan), words)
            },
            Card(state.conditions) {
                kit.section(state.conditionsTitle, 12, *state.conditions.map { kit.check(it) }.toTypedArray())
            },
            Card(state.start) { kit.button(state.start, primary = true, actions::measure) },
        )

    private fun progress(running: RunningState): View =
        kit.card(
            16,
            kit.text(running.title, Style.LABEL),
            kit.column(4, kit.text(running.step, Style.TITLE), kit.text(running.configuration, Style.SMALL)),
            BarView(kit, R.color.accent, 10).apply { part = running.fraction },
            kit.column(10, *running.facts.map { kit.fact(it) }.toTypedArray()),
            kit.text(running.note, Style.SMALL),
        )

    private companion object {
        val NO_BUTTON =
            io.github.efficientmod.core.screens
                .Button("")
    }
}
