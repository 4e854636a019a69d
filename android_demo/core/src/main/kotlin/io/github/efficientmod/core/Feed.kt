package io.github.efficientmod.core

import java.math.BigInteger
import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * Makes an artifact's input of pictures. It keeps its array, so that frames of a camera cost no allocation; it must not be
 * used by two threads at once. Throws [IllegalArgumentException] for a dtype that no picture is given in.
 */
class PictureFeed(
    private val own: ArtifactInput,
) {
    private val tables =
        own.normalisation?.let { tables(it) } ?: Array(3) { FloatArray(256) { pixel -> pixel.toFloat() } }
    private val floats = FloatArray(if (own.dtype == Dtype.FLOAT32) fitting(own.count) else 0)
    private val bytes = ByteArray(if (own.dtype == Dtype.FLOAT32) 0 else fitting(own.bytes))
    private val encoded = if (own.dtype == Dtype.FLOAT32) emptyArray() else tables.map { encoded(it) }.toTypedArray()

    /** The input for [pixels], scaled and cropped; valid until the next call. */
    fun values(pixels: Picture): Values {
        val shape = listOf(1, pixels.height, pixels.width, 3)
        require(own.shape == shapeIn(shape, Layout.NHWC, own.layout)) {
            "${own.name} has the shape ${own.shape}, and not that of ${pixels.height} x ${pixels.width} pixels"
        }
        if (own.dtype == Dtype.FLOAT32) {
            normalise(pixels, tables, own.layout, floats)
            return Values.of(own.shape, floats)
        }
        copy(pixels)
        return Values.of(own.dtype, own.shape, bytes)
    }

    private fun copy(pixels: Picture) {
        val size = own.dtype.bytes
        val count = pixels.height * pixels.width
        for (index in pixels.rgb.indices) {
            val channel = index % 3
            val place = if (own.layout == Layout.NHWC) index else channel * count + index / 3
            val from = (pixels.rgb[index].toInt() and 0xFF) * size
            for (part in 0 until size) bytes[place * size + part] = encoded[channel][from + part]
        }
    }

    /** The bytes of what each pixel value becomes. */
    private fun encoded(table: FloatArray): ByteArray {
        val whole = own.normalisation == null && own.dtype in listOf(Dtype.UINT8, Dtype.INT32, Dtype.INT64)
        require(whole || own.dtype == Dtype.FLOAT16) {
            "${own.name} takes pictures as ${own.dtype.word}, which this app does not give"
        }
        return encode(own.dtype, DoubleArray(256) { table[it].toDouble() })
    }
}

private fun fitting(size: BigInteger): Int {
    require(size.bitLength() < Int.SIZE_BITS) { "an input of $size bytes is too large for this app" }
    return size.toInt()
}

/** The declared values of an input that is no picture, in the layout and dtype that an artifact takes. */
fun tensorInput(
    own: ArtifactInput,
    declared: NetworkInput,
    values: Values,
): Values = laidOut(values, declared.layout, own.layout).converted(own.dtype)

/** An artifact's output in the layout and dtype of the network's. */
fun networkOutput(
    own: ArtifactOutput,
    declared: NetworkOutput,
    values: Values,
): Values = laidOut(values, own.layout, declared.layout).converted(declared.dtype)

private fun Values.converted(to: Dtype): Values = if (to == dtype) this else Values.of(to, shape, encode(to, doubles()))

/** Little-endian values; fractions are cut off for integers. Exact between all dtypes but for int64 beyond 2^53. */
private fun encode(
    dtype: Dtype,
    values: DoubleArray,
): ByteArray {
    val target = ByteBuffer.allocate(values.size * dtype.bytes).order(ByteOrder.LITTLE_ENDIAN)
    for (value in values) {
        when (dtype) {
            Dtype.FLOAT32 -> target.putFloat(value.toFloat())
            Dtype.FLOAT16 -> target.putShort(floatToHalf(value.toFloat()))
            Dtype.INT64 -> target.putLong(value.toLong())
            Dtype.INT32 -> target.putInt(value.toInt())
            Dtype.INT8, Dtype.UINT8 -> target.put(value.toInt().toByte())
            Dtype.BOOL -> target.put(if (value == 0.0) 0 else 1)
        }
    }
    return target.array()
}
