package io.github.efficientmod.core

import kotlin.math.max
import kotlin.math.min

/**
 * Where the network's picture lies: a source of [height] x [width] pixels is scaled to [scaledHeight] x [scaledWidth], and
 * the crop starts there at ([top], [left]), which are negative where a letterbox's border lies before the picture.
 */
data class Geometry(
    val height: Int,
    val width: Int,
    val scaledHeight: Int,
    val scaledWidth: Int,
    val top: Int,
    val left: Int,
) {
    /** What the network sees of the source, in its pixels; beyond its edges where a letterbox has a border. */
    fun seen(crop: Crop): Region {
        val vertical = height.toDouble() / scaledHeight
        val horizontal = width.toDouble() / scaledWidth
        return Region(
            top = top * vertical,
            left = left * horizontal,
            bottom = (top.toDouble() + crop.height) * vertical,
            right = (left.toDouble() + crop.width) * horizontal,
        )
    }
}

/** A rectangle of a picture; the edges of pixels are at integers. */
data class Region(
    val top: Double,
    val left: Double,
    val bottom: Double,
    val right: Double,
)

/** The geometry of a [height] x [width] picture. Throws [IllegalArgumentException] where it would become too large. */
fun geometry(
    resize: Resize,
    crop: Crop,
    height: Int,
    width: Int,
): Geometry {
    val (scaledHeight, scaledWidth) = scaled(resize, height, width)
    require(max(scaledHeight, scaledWidth) <= Int.MAX_VALUE) {
        "A picture of $height x $width pixels is too narrow for this network."
    }
    return Geometry(
        height = height,
        width = width,
        scaledHeight = scaledHeight.toInt(),
        scaledWidth = scaledWidth.toInt(),
        top = start(crop.position, scaledHeight.toInt(), crop.height),
        left = start(crop.position, scaledWidth.toInt(), crop.width),
    )
}

private fun scaled(
    resize: Resize,
    height: Int,
    width: Int,
): Pair<Long, Long> {
    val vertical = height.toDouble() / resize.height
    val horizontal = width.toDouble() / resize.width
    return when (resize.rule) {
        ResizeRule.STRETCH -> resize.height.toLong() to resize.width.toLong()
        ResizeRule.SHORTER_SIDE -> shorterSide(resize.height.toLong(), height, width)
        ResizeRule.COVER -> divided(height, width, min(vertical, horizontal))
        ResizeRule.LETTERBOX -> divided(height, width, max(vertical, horizontal))
    }
}

private fun shorterSide(
    side: Long,
    height: Int,
    width: Int,
): Pair<Long, Long> = if (height <= width) side to side * width / height else side * height / width to side

private fun divided(
    height: Int,
    width: Int,
    ratio: Double,
): Pair<Long, Long> = max(1, Math.rint(height / ratio).toLong()) to max(1, Math.rint(width / ratio).toLong())

private fun start(
    position: CropPosition,
    have: Int,
    wanted: Int,
): Int =
    when {
        position == CropPosition.TOP_LEFT -> 0
        have >= wanted -> Math.rint((have - wanted) / 2.0).toInt()
        else -> -((wanted - have) / 2)
    }
