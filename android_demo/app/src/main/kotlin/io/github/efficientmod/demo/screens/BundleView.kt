package io.github.efficientmod.demo.screens

import android.view.Gravity
import android.view.View
import io.github.efficientmod.core.screens.ArtifactCard
import io.github.efficientmod.core.screens.BundleState
import io.github.efficientmod.core.screens.ModelCard
import io.github.efficientmod.core.screens.ProofRow
import io.github.efficientmod.demo.R
import io.github.efficientmod.demo.ui.Card
import io.github.efficientmod.demo.ui.Kit
import io.github.efficientmod.demo.ui.Page
import io.github.efficientmod.demo.ui.PairLayout
import io.github.efficientmod.demo.ui.Style
import io.github.efficientmod.demo.ui.busy
import io.github.efficientmod.demo.ui.empty
import io.github.efficientmod.demo.ui.heading

/** What can be done on the Bundle screen. */
interface BundleActions {
    /** Asks for a file. */
    fun openFile()

    /** Asks for a folder. */
    fun openFolder()

    /** Proves every configuration. */
    fun prove()

    /** Shows the Self-check screen. */
    fun selfCheck()
}

/** Shows a [BundleState]. */
class BundleView(
    private val kit: Kit,
    private val actions: BundleActions,
) {
    private val page = Page(kit)
    val view: View get() = page.view

    /** Shows [state]. */
    fun show(state: BundleState) {
        val cards =
            listOfNotNull(
                state.banner?.let { banner -> Card(banner) { kit.banner(banner) } },
                state.busy?.let { busy -> Card(busy) { kit.busy(busy) } },
                state.empty?.takeIf { state.busy == null }?.let { empty -> Card(empty) { first(state) } },
                state.model?.let { model -> Card(listOf(model, state.prove)) { model(model, state) } },
            ) + state.artifacts.map { artifact -> Card(artifact) { artifact(artifact) } } +
                listOfNotNull(Card(listOf("other", state.open)) { other(state) }.takeIf { state.model != null })
        val check = Card(state.selfCheck) { kit.iconButton(R.drawable.ic_info, state.selfCheck, actions::selfCheck) }
        page.show(state.title, cards, listOf(check))
    }

    private fun first(state: BundleState): View =
        kit.empty(
            checkNotNull(state.empty),
            R.drawable.ic_bundle,
            actions::openFile,
            kit.button(state.openFolder, primary = false, actions::openFolder),
            kit.text(state.laptop, Style.SMALL).apply { gravity = Gravity.CENTER_HORIZONTAL },
        )

    private fun model(
        model: ModelCard,
        state: BundleState,
    ): View =
        kit.card(
            14,
            kit.column(
                6,
                kit.text(model.name, Style.HEADING).apply { heading() },
                kit.text(model.task, Style.SMALL),
            ),
            kit.flow(8, listOf(kit.chip(model.weights))),
            kit.column(10, *model.facts.map { kit.fact(it) }.toTypedArray()),
            state.prove?.let { kit.button(it, primary = true, actions::prove) },
        )

    private fun artifact(artifact: ArtifactCard): View {
        val rows =
            artifact.rows.flatMapIndexed {
                index,
                row,
                ->
                listOfNotNull(kit.line().takeIf { index > 0 }, row(row))
            }
        val name = kit.text(artifact.title, Style.HEADING).apply { heading() }
        val head = kit.row(12, 0, name, kit.text(artifact.size, Style.SMALL))
        return kit.card(14, head, *rows.toTypedArray())
    }

    private fun row(row: ProofRow): View =
        kit.column(
            8,
            PairLayout(kit.context, kit.dp(16)).apply {
                addView(kit.text(row.title, Style.BODY))
                addView(kit.chip(row.chip))
            },
            row.detail?.let { kit.text(it, Style.SMALL) },
        )

    private fun other(state: BundleState): View =
        kit.column(
            10,
            kit.button(state.open, primary = false, actions::openFile),
            kit.button(state.openFolder, primary = false, actions::openFolder),
        )
}
