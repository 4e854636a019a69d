package io.github.efficientmod.core

import kotlin.math.exp
import kotlin.math.max
import kotlin.math.min

/** exp(v - max v) / sum, in doubles, over each row of [columns] values; a whole output has one row. */
fun softmax(
    values: DoubleArray,
    columns: Int = values.size,
): DoubleArray {
    val result = DoubleArray(values.size)
    for (start in values.indices step columns) {
        var largest = Double.NEGATIVE_INFINITY
        for (index in start until start + columns) largest = max(largest, values[index])
        var total = 0.0
        for (index in start until start + columns) {
            result[index] = exp(values[index] - largest)
            total += result[index]
        }
        for (index in start until start + columns) result[index] /= total
    }
    return result
}

/** The indices of the [k] largest values, the largest first; of equal values the lower index first. */
fun topK(
    values: DoubleArray,
    k: Int,
): List<Int> {
    val best = IntArray(min(k, values.size))
    var count = 0
    for (index in values.indices) {
        var place = count
        while (place > 0 && values[index] > values[best[place - 1]]) place--
        if (place == best.size) continue
        if (count < best.size) count++
        best.copyInto(best, place + 1, place, count - 1)
        best[place] = index
    }
    return best.asList()
}

/** 8-bit RGB of an image (1, 3, H, W): rint(clamp((value * std + mean) * 255, 0, 255)), each operation in float32. */
fun toPicture(
    values: FloatArray,
    height: Int,
    width: Int,
    normalisation: Normalisation,
): Picture {
    val picture = Picture(height, width)
    val count = height * width
    require(values.size == count * 3) { "${values.size} values are no picture of $height x $width pixels" }
    for (channel in 0 until 3) {
        val mean = normalisation.mean[channel].toFloat()
        val std = normalisation.std[channel].toFloat()
        for (pixel in 0 until count) {
            val value = (values[channel * count + pixel] * std + mean) * 255f
            picture.rgb[pixel * 3 + channel] = Math.rint(min(max(value, 0f), 255f).toDouble()).toInt().toByte()
        }
    }
    return picture
}
