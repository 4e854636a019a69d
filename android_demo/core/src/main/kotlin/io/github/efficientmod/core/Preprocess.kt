package io.github.efficientmod.core

/**
 * From pictures to the network's input, as the manifest says. It keeps its arrays from call to call, so that frames of a
 * camera cost no allocation; it must not be used by two threads at once.
 */
class Preprocessor(
    private val steps: Preprocessing,
) {
    private var prepared: Pair<Geometry, Resizer>? = null

    /** Where the network's picture lies in a source of this size. Throws [IllegalArgumentException] for extreme sizes. */
    fun geometry(
        height: Int,
        width: Int,
    ): Geometry = geometry(steps.resize, steps.crop, height, width)

    /** An upright [source], scaled and cropped to what the network sees; valid until the next call. */
    fun pixels(source: Picture): Picture {
        val known =
            prepared?.takeIf { (geometry, _) ->
                geometry.height == source.height &&
                    geometry.width == source.width
            }
        val (_, resizer) = known ?: prepare(source)
        return resizer.run(source)
    }

    /** The network's input, float32 (1, 3, H, W), of [pixels]. */
    fun tensor(pixels: Picture): FloatArray =
        FloatArray(pixels.rgb.size).also { normalise(pixels, tables(steps.normalisation), Layout.NCHW, it) }

    private fun prepare(source: Picture): Pair<Geometry, Resizer> {
        val geometry = geometry(source.height, source.width)
        return (geometry to Resizer(geometry, steps.resize.interpolation, steps.crop)).also { prepared = it }
    }
}

/** For each of R, G and B what each pixel value becomes: (pixel / 255 - mean) / std, each operation rounded to float32. */
internal fun tables(normalisation: Normalisation): Array<FloatArray> =
    Array(3) { channel ->
        val mean = normalisation.mean[channel].toFloat()
        val std = normalisation.std[channel].toFloat()
        FloatArray(256) { pixel -> (pixel.toFloat() / 255f - mean) / std }
    }

/** The values of [pixels] by [tables], into [target] in the order of [layout]. */
internal fun normalise(
    pixels: Picture,
    tables: Array<FloatArray>,
    layout: Layout,
    target: FloatArray,
) {
    val count = pixels.height * pixels.width
    val pixelStride = if (layout == Layout.NHWC) 3 else 1
    val channelStride = if (layout == Layout.NHWC) 1 else count
    for (channel in 0 until 3) {
        val table = tables[channel]
        var place = channel * channelStride
        for (pixel in 0 until count) {
            target[place] = table[pixels.rgb[pixel * 3 + channel].toInt() and 0xFF]
            place += pixelStride
        }
    }
}
