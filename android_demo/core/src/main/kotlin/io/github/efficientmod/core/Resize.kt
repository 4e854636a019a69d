package io.github.efficientmod.core

import kotlin.math.abs
import kotlin.math.max
import kotlin.math.min

private const val BITS = 22
private const val HALF = 1 shl (BITS - 1)

/**
 * What consecutive output pixels of one axis are made of: output i takes [counts] inputs from [firsts] on, with the
 * integer weights from i * [most] on in [weights]; they sum up to about 2^22.
 */
internal class Taps(
    val firsts: IntArray,
    val counts: IntArray,
    val weights: IntArray,
    val most: Int,
)

/** The taps of [count] outputs from [start] on, of an axis that goes from [inputs] to [outputs] pixels. */
internal fun taps(
    inputs: Int,
    outputs: Int,
    interpolation: Interpolation,
    start: Int = 0,
    count: Int = outputs,
): Taps =
    when {
        inputs == outputs -> single(IntArray(count) { start + it })
        interpolation == Interpolation.NEAREST -> single(nearest(inputs, outputs, start, count))
        else -> weighted(inputs, outputs, interpolation, start, count)
    }

private fun single(inputs: IntArray) =
    Taps(inputs, IntArray(inputs.size) { 1 }, IntArray(inputs.size) { 1 shl BITS }, most = 1)

/** The positions are a running sum, which differs from a product in the last bits. */
private fun nearest(
    inputs: Int,
    outputs: Int,
    start: Int,
    count: Int,
): IntArray {
    val scale = inputs.toDouble() / outputs
    var position = 0.5 * scale
    repeat(start) { position += scale }
    return IntArray(count) { position.toInt().also { position += scale } }
}

private fun weighted(
    inputs: Int,
    outputs: Int,
    interpolation: Interpolation,
    start: Int,
    count: Int,
): Taps {
    val scale = inputs.toDouble() / outputs
    val factor = max(scale, 1.0)
    val support = interpolation.support * factor
    val inverse = 1.0 / factor
    val firsts = IntArray(count)
    val rows =
        Array(count) { index ->
            val centre = (start + index + 0.5) * scale
            val first = max(0, (centre - support + 0.5).toInt())
            val end = min(inputs, (centre + support + 0.5).toInt())
            firsts[index] = first
            DoubleArray(end - first) { kernel(interpolation, (first + it - centre + 0.5) * inverse) }
        }
    val most = rows.maxOfOrNull { it.size } ?: 0
    val weights = IntArray(Math.multiplyExact(count, most))
    rows.forEachIndexed { index, row -> integers(row, weights, index * most) }
    return Taps(firsts, IntArray(count) { rows[it].size }, weights, most)
}

private fun integers(
    row: DoubleArray,
    weights: IntArray,
    start: Int,
) {
    var total = 0.0
    for (weight in row) total += weight
    for (index in row.indices) {
        val weight = row[index] / total * (1 shl BITS)
        weights[start + index] = (if (weight < 0) weight - 0.5 else weight + 0.5).toInt()
    }
}

private fun kernel(
    interpolation: Interpolation,
    argument: Double,
): Double {
    val t = abs(argument)
    return when {
        interpolation == Interpolation.BILINEAR -> if (t < 1) 1 - t else 0.0
        t < 1 -> (1.5 * t - 2.5) * t * t + 1
        t < 2 -> (((t - 5) * t + 8) * t - 4) * -0.5
        else -> 0.0
    }
}

/**
 * Scales and crops pictures of one size. Only the pixels that the crop needs are computed: the columns of a source row
 * when the first output row needs it, into a ring of as many rows as one output row is made of. Nothing is allocated
 * after it was made; it must not be used by two threads at once.
 */
internal class Resizer(
    private val geometry: Geometry,
    interpolation: Interpolation,
    crop: Crop,
) {
    private val top = max(0, geometry.top)
    private val left = max(0, geometry.left)
    private val height = min(geometry.scaledHeight - top, crop.height - max(0, -geometry.top))
    private val width = min(geometry.scaledWidth - left, crop.width - max(0, -geometry.left))
    private val rows = taps(geometry.height, geometry.scaledHeight, interpolation, top, height)
    private val columns = taps(geometry.width, geometry.scaledWidth, interpolation, left, width)
    private val ring = Array(rows.most) { ByteArray(width * 3) }
    private val sums = IntArray(width * 3)
    private val result = Picture(crop.height, crop.width).also { picture -> crop.fill?.let { fill(picture.rgb, it) } }
    private val origin = (max(0, -geometry.top) * crop.width + max(0, -geometry.left)) * 3

    /** Scaled and cropped, valid until the next call. */
    fun run(source: Picture): Picture {
        require(source.height == geometry.height && source.width == geometry.width) { "made for another size" }
        var next = 0
        for (y in 0 until height) {
            next = max(next, rows.firsts[y])
            val end = rows.firsts[y] + rows.counts[y]
            while (next < end) {
                scaleColumns(source.rgb, next * source.width, ring[next % ring.size])
                next++
            }
            scaleRows(y, origin + y * result.width * 3)
        }
        return result
    }

    private fun scaleColumns(
        rgb: ByteArray,
        row: Int,
        target: ByteArray,
    ) {
        val weights = columns.weights
        for (x in 0 until width) {
            var red = HALF
            var green = HALF
            var blue = HALF
            var place = (row + columns.firsts[x]) * 3
            val start = x * columns.most
            for (tap in start until start + columns.counts[x]) {
                val weight = weights[tap]
                red += weight * (rgb[place].toInt() and 0xFF)
                green += weight * (rgb[place + 1].toInt() and 0xFF)
                blue += weight * (rgb[place + 2].toInt() and 0xFF)
                place += 3
            }
            target[x * 3] = clamped(red)
            target[x * 3 + 1] = clamped(green)
            target[x * 3 + 2] = clamped(blue)
        }
    }

    private fun scaleRows(
        y: Int,
        target: Int,
    ) {
        sums.fill(HALF)
        for (tap in 0 until rows.counts[y]) {
            add(ring[(rows.firsts[y] + tap) % ring.size], rows.weights[y * rows.most + tap])
        }
        for (index in sums.indices) result.rgb[target + index] = clamped(sums[index])
    }

    private fun add(
        row: ByteArray,
        weight: Int,
    ) {
        val sums = sums
        for (index in sums.indices) sums[index] += weight * (row[index].toInt() and 0xFF)
    }
}

private fun clamped(sum: Int): Byte = max(0, min(255, sum shr BITS)).toByte()

private fun fill(
    rgb: ByteArray,
    colour: List<Int>,
) {
    for (index in rgb.indices) rgb[index] = colour[index % 3].toByte()
}
