package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Preprocessing
import io.github.efficientmod.core.geometry

/** A part of a picture; all four are fractions of its sides. */
data class Part(
    val left: Double,
    val top: Double,
    val right: Double,
    val bottom: Double,
)

private const val FULL_TURN = 360

/**
 * By how many degrees clockwise a camera's frame is to be turned to be upright: [sensor] is the sensor's orientation,
 * [display] how far the display is turned from its natural orientation.
 */
fun frameRotation(
    sensor: Int,
    display: Int,
    front: Boolean,
): Int = (sensor + (if (front) display else -display) + FULL_TURN) % FULL_TURN

/** What the network sees of an upright frame of this size; all of it with a letterbox. */
fun seenPart(
    preprocessing: Preprocessing,
    height: Int,
    width: Int,
): Part {
    val region = geometry(preprocessing.resize, preprocessing.crop, height, width).seen(preprocessing.crop)
    return Part(region.left / width, region.top / height, region.right / width, region.bottom / height)
}
