package io.github.efficientmod.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.math.abs
import kotlin.math.max

/** Golden pictures become golden tensors, and no wrong way of preprocessing does. */
class GoldenTest {
    @Test
    fun `the example's pictures`() = assertEquals(listOf(0, 0), differing(readBundle(Example.folder), ::preprocess))

    @Test
    fun `a real bundle's pictures`() = assertEquals(List(5) { 0 }, differing(RealBundle.orSkip(), ::preprocess))

    @TestFactory
    fun `every mutation is seen on the example`() = seen { readBundle(Example.folder) }

    @TestFactory
    fun `every mutation is seen on a real bundle`() = seen { RealBundle.orSkip() }

    private fun seen(bundle: () -> Bundle): List<DynamicTest> =
        mutations.map { (name, mutant) ->
            dynamicTest(name) { assertTrue(differing(bundle(), mutant).any { it > 0 }) }
        }

    private fun differing(
        bundle: Bundle,
        preprocess: (Picture, Preprocessing) -> FloatArray,
    ): List<Int> {
        val input = bundle.manifest.inputs.single()
        return bundle.manifest.golden.map { sample ->
            val picture = ImageIoDecoder.upright(bundle.bytes(sample.inputs.single().picture!!))
            val made = preprocess(picture, input.preprocessing!!)
            val buffer = ByteBuffer.wrap(bundle.bytes(sample.inputs.single().tensor)).order(ByteOrder.LITTLE_ENDIAN)
            val expected = FloatArray(made.size).also { buffer.asFloatBuffer().get(it) }
            made.indices.count { made[it].toRawBits() != expected[it].toRawBits() }
        }
    }

    private val mutations: List<Pair<String, (Picture, Preprocessing) -> FloatArray>> =
        listOf(
            "BGR" to { picture, steps -> preprocess(swapped(picture), steps) },
            "no crop" to { picture, steps ->
                val resize =
                    Resize(ResizeRule.STRETCH, steps.crop.height, steps.crop.width, steps.resize.interpolation, true)
                preprocess(picture, steps.copy(resize = resize))
            },
            "the crop at the top left" to { picture, steps ->
                preprocess(picture, steps.copy(crop = steps.crop.copy(position = CropPosition.TOP_LEFT)))
            },
            "HWC for CHW" to { picture, steps ->
                val pixels = Preprocessor(steps).pixels(picture)
                FloatArray(pixels.rgb.size).also { normalise(pixels, tables(steps.normalisation), Layout.NHWC, it) }
            },
            "divided by 256" to
                { picture, steps -> tensor(picture, steps) { value, mean, std -> (value / 256f - mean) / std } },
            "a reciprocal in place of the division" to { picture, steps ->
                tensor(picture, steps) { value, mean, std -> (value * (1f / 255f) - mean) / std }
            },
            "in doubles" to { picture, steps ->
                tensor(picture, steps) { value, mean, std -> ((value / 255.0 - mean) / std).toFloat() }
            },
            "no normalisation" to { picture, steps -> tensor(picture, steps) { value, _, _ -> value / 255f } },
            "bilinear" to { picture, steps ->
                preprocess(picture, steps.copy(resize = steps.resize.copy(interpolation = Interpolation.BILINEAR)))
            },
            "no antialiasing" to { picture, steps ->
                preprocess(picture, steps.copy(resize = steps.resize.copy(interpolation = Interpolation.NEAREST)))
            },
            "not rounded between the passes" to ::unrounded,
            "turned by 90 degrees" to { picture, steps -> preprocess(picture.upright(6), steps) },
            "turned by 180 degrees" to { picture, steps -> preprocess(picture.upright(3), steps) },
            "mirrored" to { picture, steps -> preprocess(picture.upright(2), steps) },
        )
}

private fun preprocess(
    picture: Picture,
    steps: Preprocessing,
): FloatArray = Preprocessor(steps).let { it.tensor(it.pixels(picture)) }

private fun swapped(picture: Picture): Picture {
    val rgb = ByteArray(picture.rgb.size) { picture.rgb[it - it % 3 + 2 - it % 3] }
    return Picture(picture.height, picture.width, rgb)
}

private fun tensor(
    picture: Picture,
    steps: Preprocessing,
    value: (Int, Float, Float) -> Float,
): FloatArray {
    val pixels = Preprocessor(steps).pixels(picture)
    val count = pixels.rgb.size / 3
    return FloatArray(pixels.rgb.size) { index ->
        val channel = index / count
        val pixel = pixels.rgb[index % count * 3 + channel].toInt() and 0xFF
        value(pixel, steps.normalisation.mean[channel].toFloat(), steps.normalisation.std[channel].toFloat())
    }
}

/** Both passes at once in doubles, rounded at the end only. */
private fun unrounded(
    picture: Picture,
    steps: Preprocessing,
): FloatArray {
    val geometry = geometry(steps.resize, steps.crop, picture.height, picture.width)
    val rows = taps(picture.height, geometry.scaledHeight, steps.resize.interpolation, geometry.top, steps.crop.height)
    val columns = taps(picture.width, geometry.scaledWidth, steps.resize.interpolation, geometry.left, steps.crop.width)
    val pixels = Picture(steps.crop.height, steps.crop.width)
    for (index in pixels.rgb.indices) {
        val y = index / 3 / pixels.width
        val x = index / 3 % pixels.width
        var sum = 0.0
        for (row in 0 until rows.counts[y]) {
            for (column in 0 until columns.counts[x]) {
                val weight = rows.weights[y * rows.most + row].toDouble() * columns.weights[x * columns.most + column]
                val place = ((rows.firsts[y] + row) * picture.width + columns.firsts[x] + column) * 3 + index % 3
                sum += weight * (picture.rgb[place].toInt() and 0xFF)
            }
        }
        pixels.rgb[index] = Math.rint(max(0.0, 255 - abs(255 - max(0.0, sum / (1L shl 44))))).toInt().toByte()
    }
    return Preprocessor(steps).tensor(pixels)
}
