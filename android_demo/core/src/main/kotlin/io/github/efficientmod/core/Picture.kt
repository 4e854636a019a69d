package io.github.efficientmod.core

import java.nio.Buffer
import java.nio.ByteBuffer

/** A picture of 8-bit RGB, [rgb] of shape (height, width, 3). */
class Picture(
    val height: Int,
    val width: Int,
    val rgb: ByteArray = ByteArray(rgbBytes(height, width)),
) {
    init {
        require(rgb.size == rgbBytes(height, width)) { "$height x $width pixels are not ${rgb.size} bytes" }
    }

    /** The picture as its EXIF [orientation] says that it is to be seen, 1 to 8; other values leave it as it is. */
    fun upright(orientation: Int): Picture =
        when (orientation) {
            2 -> turned(swap = false) { y, x -> at(y, width - 1 - x) }
            3 -> turned(swap = false) { y, x -> at(height - 1 - y, width - 1 - x) }
            4 -> turned(swap = false) { y, x -> at(height - 1 - y, x) }
            5 -> turned(swap = true) { y, x -> at(x, y) }
            6 -> turned(swap = true) { y, x -> at(height - 1 - x, y) }
            7 -> turned(swap = true) { y, x -> at(height - 1 - x, width - 1 - y) }
            8 -> turned(swap = true) { y, x -> at(x, width - 1 - y) }
            else -> this
        }

    /** One opaque 0xAARRGGBB for each pixel, as bitmaps are made of. */
    fun argb(): IntArray =
        IntArray(height * width) { pixel ->
            var value = 0xFF
            for (channel in 0 until 3) value = value shl 8 or (rgb[pixel * 3 + channel].toInt() and 0xFF)
            value
        }

    private fun at(
        y: Int,
        x: Int,
    ) = (y * width + x) * 3

    /** With the pixels at the places that [source] gives for (y, x) of the result. */
    private inline fun turned(
        swap: Boolean,
        source: (Int, Int) -> Int,
    ): Picture {
        val result = if (swap) Picture(width, height) else Picture(height, width)
        var target = 0
        for (y in 0 until result.height) {
            for (x in 0 until result.width) {
                val from = source(y, x)
                result.rgb[target++] = rgb[from]
                result.rgb[target++] = rgb[from + 1]
                result.rgb[target++] = rgb[from + 2]
            }
        }
        return result
    }

    /** Ways to make one. */
    companion object {
        /**
         * From rows of R, G, B, A with straight alpha, as [row bytes][rowBytes] apart in [rgba], laid over white. A platform's
         * decoder must neither multiply the colours by alpha nor convert them.
         */
        fun ofRgba(
            height: Int,
            width: Int,
            rgba: ByteBuffer,
            rowBytes: Int = width * 4,
        ): Picture {
            val picture = Picture(height, width)
            val pixels = rgba.duplicate()
            val row = ByteArray(width * 4)
            var target = 0
            for (y in 0 until height) {
                pixels.seek(y * rowBytes)
                pixels.get(row)
                for (x in row.indices step 4) {
                    val alpha = row[x + 3].toInt() and 0xFF
                    for (channel in 0 until 3) picture.rgb[target++] = overWhite(row[x + channel], alpha)
                }
            }
            return picture
        }
    }
}

private fun overWhite(
    colour: Byte,
    alpha: Int,
): Byte = if (alpha == 255) colour else (((colour.toInt() and 0xFF) * alpha + 255 * (255 - alpha) + 127) / 255).toByte()

private fun rgbBytes(
    height: Int,
    width: Int,
): Int {
    val bytes = height.toLong() * width * 3
    require(height > 0 && width > 0) { "a picture of $height x $width pixels is empty" }
    require(bytes <= Int.MAX_VALUE) { "a picture of $height x $width pixels is too large for this app" }
    return bytes.toInt()
}

/** The platform's decoder of picture files. */
fun interface PictureDecoder {
    /** The first frame as the file has it, over white, not turned. Throws [IllegalArgumentException] for no picture. */
    fun decode(content: ByteArray): Picture

    /** The picture as it is to be seen. */
    fun upright(content: ByteArray): Picture = decode(content).upright(exifOrientation(content))
}

/** As [Buffer], since Android before 9 lacks the method with which newer versions of [ByteBuffer] replace it. */
internal fun Buffer.seek(position: Int) {
    position(position)
}

/** As [seek]. */
internal fun Buffer.restrict(limit: Int) {
    limit(limit)
}
