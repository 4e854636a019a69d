package io.github.efficientmod.desktop

import io.github.efficientmod.core.Bundle
import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.Golden
import io.github.efficientmod.core.Picture
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.Session
import io.github.efficientmod.core.Values
import java.nio.file.Path
import kotlin.math.abs
import kotlin.math.max

/** An app that resizes in floats, as most image libraries of phones do: right, but for the rounding to 8 bits. */
class Unrounded(
    private val real: Runtime,
    private val bundle: Bundle,
) : Runtime by real {
    override fun open(
        file: Path,
        configuration: Configuration,
    ): Session {
        val samples = Golden(bundle, GoldenPictures).samples(configuration.artifact)
        val session = real.open(file, configuration)
        return object : Session by session {
            override fun write(inputs: List<Values>) {
                val place = samples.indexOfFirst { it.inputs.single().sameBits(inputs.single()) }
                session.write(listOf(floats(place)))
            }
        }
    }

    /** NHWC, pixel / 255, of the picture of a sample. */
    private fun floats(sample: Int): Values {
        val steps =
            bundle.manifest.inputs
                .single()
                .preprocessing!!
        val picture =
            GoldenPictures.decode(
                bundle.bytes(
                    bundle.manifest.golden[sample]
                        .inputs
                        .single()
                        .picture!!,
                ),
            )
        val short = minOf(picture.height, picture.width)
        val (height, width) = listOf(picture.height, picture.width).map { steps.resize.height * it / short }
        val channels = Array(3) { channel -> plane(picture, channel).map { resized(it, width) } }
        val (top, left) =
            listOf(
                height - steps.crop.height,
                width - steps.crop.width,
            ).map { Math.rint(it / 2.0).toInt() }
        val cropped = FloatArray(steps.crop.height * steps.crop.width * 3)
        for (channel in 0 until 3) {
            for (x in 0 until steps.crop.width) {
                val column = resized(DoubleArray(picture.height) { channels[channel][it][x + left] }, height)
                for (y in 0 until steps.crop.height) {
                    cropped[(y * steps.crop.width + x) * 3 + channel] =
                        (column[y + top].coerceIn(0.0, 255.0) / 255).toFloat()
                }
            }
        }
        return Values.of(listOf(1, steps.crop.height, steps.crop.width, 3), cropped)
    }

    private fun plane(
        picture: Picture,
        channel: Int,
    ): List<DoubleArray> =
        List(picture.height) { y ->
            DoubleArray(
                picture.width,
            ) { x -> (picture.rgb[(y * picture.width + x) * 3 + channel].toInt() and 0xFF).toDouble() }
        }

    /** Bicubic with antialiasing, as docs/bundle_format.md has it, with weights and sums in doubles. */
    private fun resized(
        source: DoubleArray,
        size: Int,
    ): DoubleArray {
        val scale = source.size.toDouble() / size
        val spread = max(scale, 1.0)
        return DoubleArray(size) { x ->
            val center = (x + 0.5) * scale
            val from = max(0, (center - 2 * spread + 0.5).toInt())
            val to = minOf(source.size, (center + 2 * spread + 0.5).toInt())
            val weights = DoubleArray(to - from) { cubic(abs((from + it - center + 0.5) / spread)) }
            weights.indices.sumOf { weights[it] * source[from + it] } / weights.sum()
        }
    }

    private fun cubic(t: Double): Double =
        when {
            t < 1 -> (1.5 * t - 2.5) * t * t + 1
            t < 2 -> (((t - 5) * t + 8) * t - 4) * -0.5
            else -> 0.0
        }
}
