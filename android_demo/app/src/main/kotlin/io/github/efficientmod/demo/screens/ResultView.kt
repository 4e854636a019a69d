package io.github.efficientmod.demo.screens

import android.view.Gravity
import android.view.View
import io.github.efficientmod.core.screens.Latency
import io.github.efficientmod.core.screens.ResultCard
import io.github.efficientmod.core.screens.ResultState
import io.github.efficientmod.demo.R
import io.github.efficientmod.demo.ui.Card
import io.github.efficientmod.demo.ui.CurveView
import io.github.efficientmod.demo.ui.HistogramView
import io.github.efficientmod.demo.ui.Kit
import io.github.efficientmod.demo.ui.Page
import io.github.efficientmod.demo.ui.PairLayout
import io.github.efficientmod.demo.ui.Style
import io.github.efficientmod.demo.ui.heading
import io.github.efficientmod.demo.ui.section

/** What can be done on the Result screen. */
interface ResultActions {
    /** Hands the report to another app. */
    fun shareReport()

    /** Leads to the Measure screen. */
    fun back()
}

/** Shows a [ResultState]; [backText] is what the arrow says. */
class ResultView(
    private val kit: Kit,
    private val backText: String,
    private val actions: ResultActions,
) {
    private val page = Page(kit)
    val view: View get() = page.view

    /** Shows [state]. */
    fun show(state: ResultState) {
        val conditions =
            Card(listOf(state.subtitle, state.conditions)) {
                val facts = state.conditions.map { kit.fact(it) }
                kit.section(state.conditionsTitle, 10, kit.text(state.subtitle, Style.SMALL), *facts.toTypedArray())
            }
        page.show(
            state.title,
            listOfNotNull(state.banner?.let { banner -> Card(banner) { kit.banner(banner) } }) +
                state.cards.mapIndexed { index, card -> Card(index to card) { card(card) } } +
                conditions +
                Card(state.share) { kit.button(state.share, primary = true, actions::shareReport) },
            side =
                listOf(
                    Card("share") { kit.iconButton(R.drawable.ic_share, state.share.text, actions::shareReport) },
                ),
            back = Card("back") { kit.iconButton(R.drawable.ic_back, backText, actions::back) },
        )
    }

    private fun card(card: ResultCard): View =
        kit.card(
            14,
            kit.flow(8, listOf(kit.chip(card.chip))),
            kit.column(
                4,
                kit.text(card.title, Style.HEADING).apply { heading() },
                kit.text(card.subtitle, Style.SMALL),
            ),
            card.latency?.let { latency(it, card.counts) },
            card.histogram?.let {
                kit.column(6, kit.text(card.histogramTitle, Style.LABEL), HistogramView(kit, it, card.counts))
            },
            card.curve?.let { kit.column(6, kit.text(card.curveTitle, Style.LABEL), CurveView(kit, it)) },
            kit.column(10, *card.facts.map { kit.fact(it) }.toTypedArray()).takeIf { card.facts.isNotEmpty() },
            card.finding?.let { kit.text(it, Style.SMALL) },
        )

    private fun latency(
        latency: Latency,
        counts: Boolean,
    ): View {
        val ink = if (counts) R.color.ink else R.color.ink_soft
        val number =
            kit.row(
                6,
                -1,
                kit.text(latency.median, Style.NUMBER, ink),
                kit.text(latency.unit, Style.HEADING, ink),
            )
        number.gravity = Gravity.BOTTOM
        val median = kit.column(4, number, kit.text(latency.name, Style.LABEL))
        val others =
            latency.others.map { fact ->
                kit.column(4, kit.text(fact.value, Style.STRONG, ink), kit.text(fact.label, Style.LABEL))
            }
        return PairLayout(kit.context, kit.dp(16)).apply {
            addView(median)
            addView(kit.flow(20, others))
        }
    }
}
