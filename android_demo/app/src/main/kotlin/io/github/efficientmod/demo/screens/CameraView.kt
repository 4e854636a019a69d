package io.github.efficientmod.demo.screens

import android.graphics.Matrix
import android.graphics.RectF
import android.view.TextureView
import android.view.View
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.widget.FrameLayout
import io.github.efficientmod.core.screens.CameraState
import io.github.efficientmod.core.screens.Fact
import io.github.efficientmod.core.screens.Part
import io.github.efficientmod.core.screens.PreviewShape
import io.github.efficientmod.demo.R
import io.github.efficientmod.demo.ui.Card
import io.github.efficientmod.demo.ui.CropView
import io.github.efficientmod.demo.ui.Kit
import io.github.efficientmod.demo.ui.Page
import io.github.efficientmod.demo.ui.RatioFrame
import io.github.efficientmod.demo.ui.Style
import io.github.efficientmod.demo.ui.answer
import io.github.efficientmod.demo.ui.choices
import io.github.efficientmod.demo.ui.clipTo
import io.github.efficientmod.demo.ui.empty
import io.github.efficientmod.demo.ui.isWide

/** What can be done on the Camera screen. */
interface CameraActions {
    /** What the button of the empty screen says. */
    fun cameraButton()

    /** Runs as another configuration. */
    fun filmAs(configuration: String)

    /** Turns the torch on or off. */
    fun torch()

    /** Takes the other camera. */
    fun flip()
}

/** Shows a [CameraState]. What the [preview] shows is the camera's, and not a part of the state. */
class CameraView(
    private val kit: Kit,
    private val actions: CameraActions,
) {
    private val page = Page(kit)
    private val crop = CropView(kit)
    private val frame = RatioFrame(kit, kit.dp(mostHigh()))
    val preview = TextureView(kit.context)
    val view: View get() = page.view

    /** How the camera's picture lies in the preview. */
    var shape: PreviewShape? = null
        set(value) {
            field = value
            frame.ratio = value?.ratio?.toFloat() ?: RATIO
            crop.seen = value?.seen ?: Part(0.0, 0.0, 1.0, 1.0)
            turnPreview()
        }

    init {
        frame.addView(preview, FrameLayout.LayoutParams(MATCH_PARENT, MATCH_PARENT))
        frame.addView(crop, FrameLayout.LayoutParams(MATCH_PARENT, MATCH_PARENT))
        listOf(preview, crop).forEach { it.clipTo(kit.dp(22).toFloat()) }
        frame.ratio = RATIO
    }

    /** A preview comes upright for the display's natural orientation only; to be called when its size changes. */
    fun turnPreview() {
        val shape = shape ?: return
        val (width, height) = preview.width.toFloat() to preview.height.toFloat()
        val matrix = Matrix()
        if (shape.lies) {
            val turned = RectF(0f, 0f, height, width).apply { offset((width - height) / 2, (height - width) / 2) }
            matrix.setRectToRect(RectF(0f, 0f, width, height), turned, Matrix.ScaleToFit.FILL)
        }
        matrix.postRotate(shape.turn.toFloat(), width / 2, height / 2)
        preview.setTransform(matrix)
    }

    /** Shows [state]. */
    fun show(state: CameraState) {
        val empty = state.empty
        if (empty != null) {
            page.show(
                state.title,
                listOf(Card(empty) { kit.empty(empty, R.drawable.ic_camera, actions::cameraButton) }),
            )
            return
        }
        page.show(
            state.title,
            listOfNotNull(
                state.banner?.let { banner -> Card(banner) { kit.banner(banner) } },
                Card("preview") { frame }.takeIf { state.running },
                Card(listOf(state.answers, state.tiles, state.notes, state.waiting)) { answers(state) },
                Card(state.configurations) { kit.card(0, kit.choices(state.configurations, actions::filmAs)) },
            ),
            listOfNotNull(
                state.torch?.let { torch ->
                    Card(torch) { kit.iconButton(R.drawable.ic_torch, torch.says, actions::torch) }
                },
                state.flip?.let { flip -> Card(flip) { kit.iconButton(R.drawable.ic_flip, flip, actions::flip) } },
            ),
        )
    }

    /** So high that the window has all of it below the title. */
    private fun mostHigh(): Int {
        val room = kit.context.resources.configuration.screenHeightDp - HEAD
        return room.coerceIn(LEAST, if (kit.context.isWide()) HIGH_WIDE else HIGH)
    }

    private fun answers(state: CameraState): View {
        val rows = state.answers.mapIndexed { index, one -> kit.answer(one, index == 0) }
        val notes = (state.notes + state.hint).map { kit.text(it, Style.SMALL) }
        val waiting = state.waiting?.let { kit.text(it, Style.BODY) }
        return kit.card(14, tiles(state.tiles), *rows.toTypedArray(), waiting, *notes.toTypedArray())
    }

    private fun tiles(facts: List<Fact>): View =
        kit.flow(
            TILE_GAP,
            facts.map { kit.column(4, kit.text(it.value, Style.HEADING), kit.text(it.label, Style.LABEL)) },
        )

    private companion object {
        const val HEAD = 128
        const val LEAST = 240
        const val HIGH = 420
        const val HIGH_WIDE = 620
        const val RATIO = 0.75f
        const val TILE_GAP = 28
    }
}
