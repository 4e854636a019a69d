package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Preprocessing

/** What is asked of a camera, as its sensor lies: the width and the height of its frames. */
const val FRAME_WIDTH = 640
const val FRAME_HEIGHT = 480

private const val HALF_TURN = 180

/**
 * How a camera's picture is shown: the [ratio] of its width to its height, and the part that the network sees. The
 * system draws it upright for the display's natural orientation: it is to be turned by [turn] degrees clockwise, with
 * its sides exchanged where the display [lies].
 */
data class PreviewShape(
    val ratio: Double,
    val seen: Part,
    val turn: Int,
    val lies: Boolean,
)

/** The shape of frames that are turned by [rotation], on a display that is turned by [display] degrees. */
fun previewShape(
    preprocessing: Preprocessing,
    rotation: Int,
    display: Int,
): PreviewShape {
    val (width, height) =
        if (rotation % HALF_TURN == 0) FRAME_WIDTH to FRAME_HEIGHT else FRAME_HEIGHT to FRAME_WIDTH
    return PreviewShape(
        width.toDouble() / height,
        seenPart(preprocessing, height, width),
        -display,
        display % HALF_TURN != 0,
    )
}
