package io.github.efficientmod.core

import java.nio.ByteBuffer
import kotlin.math.max
import kotlin.math.min

/** One plane of a camera's frame; pixels of a row are [pixelStride] bytes apart, rows [rowStride]. */
class Plane(
    bytes: ByteBuffer,
    val rowStride: Int,
    val pixelStride: Int,
) {
    /** A view of its own: the position of a camera's buffer belongs to the camera. */
    internal val bytes: ByteBuffer = bytes.duplicate()
}

/**
 * A frame in YCbCr 4:2:0, full range (JFIF), as cameras give it; [cb] and [cr] have half the sides of [y], rounded up.
 * It is turned clockwise by [rotation], 0, 90, 180 or 270 degrees, to be upright.
 */
class Frame(
    val height: Int,
    val width: Int,
    val rotation: Int,
    val y: Plane,
    val cb: Plane,
    val cr: Plane,
)

/** Makes pictures of frames. It keeps its arrays, so that a frame of the same size costs no allocation. */
class FrameConverter {
    private var picture = Picture(1, 1)
    private var luma = ByteArray(0)
    private var blue = ByteArray(0)
    private var red = ByteArray(0)

    /**
     * The upright RGB of a [frame], valid until the next call. Throws [IllegalArgumentException] for another rotation and for
     * a plane that is too short; its last row may end with its last pixel.
     */
    fun picture(frame: Frame): Picture {
        val chromaHeight = (frame.height + 1) / 2
        val chromaWidth = (frame.width + 1) / 2
        val steps = prepare(frame)
        for (row in 0 until frame.height) {
            luma = copied(frame.y, row, frame.height, frame.width, luma)
            if (row % 2 == 0) {
                blue = copied(frame.cb, row / 2, chromaHeight, chromaWidth, blue)
                red = copied(frame.cr, row / 2, chromaHeight, chromaWidth, red)
            }
            convert(frame, steps.start + row * steps.down, steps.right)
        }
        return picture
    }

    /** Makes room for the result, and tells where a frame's pixels go in it. */
    private fun prepare(frame: Frame): Steps {
        val turned = frame.rotation == 90 || frame.rotation == 270
        val height = if (turned) frame.width else frame.height
        val width = if (turned) frame.height else frame.width
        if (picture.height != height || picture.width != width) picture = Picture(height, width)
        return when (frame.rotation) {
            0 -> Steps(start = 0, right = 1, down = width)
            90 -> Steps(start = width - 1, right = width, down = -1)
            180 -> Steps(start = height * width - 1, right = -1, down = -width)
            270 -> Steps(start = (height - 1) * width, right = -width, down = 1)
            else -> throw IllegalArgumentException("a frame cannot be turned by ${frame.rotation} degrees")
        }
    }

    /** One row of the frame to pixels from [start] on, [right] pixels apart. */
    private fun convert(
        frame: Frame,
        start: Int,
        right: Int,
    ) {
        val rgb = picture.rgb
        var target = start * 3
        for (x in 0 until frame.width) {
            val y = (luma[x * frame.y.pixelStride].toInt() and 0xFF) * 65536 + 32768
            val cb = (blue[x / 2 * frame.cb.pixelStride].toInt() and 0xFF) - 128
            val cr = (red[x / 2 * frame.cr.pixelStride].toInt() and 0xFF) - 128
            rgb[target] = byte(y + 91881 * cr)
            rgb[target + 1] = byte(y - 22554 * cb - 46802 * cr)
            rgb[target + 2] = byte(y + 116130 * cb)
            target += right * 3
        }
    }
}

/** In pixels of the result: where the frame's first pixel goes, and how far from it its neighbours to the right and below. */
private class Steps(
    val start: Int,
    val right: Int,
    val down: Int,
)

/** The bytes of a plane's [row], in [known] where it is large enough. */
private fun copied(
    plane: Plane,
    row: Int,
    height: Int,
    width: Int,
    known: ByteArray,
): ByteArray {
    val size = (width - 1) * plane.pixelStride + 1
    val needed = (height - 1L) * plane.rowStride + size
    require(plane.bytes.limit() >= needed) { "a plane of a frame has ${plane.bytes.limit()} bytes and needs $needed" }
    val bytes = if (known.size >= size) known else ByteArray(size)
    plane.bytes.seek(row * plane.rowStride)
    plane.bytes.get(bytes, 0, size)
    return bytes
}

private fun byte(sum: Int): Byte = max(0, min(255, sum shr 16)).toByte()
