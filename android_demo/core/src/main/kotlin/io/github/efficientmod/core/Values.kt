package io.github.efficientmod.core

import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * The values of a tensor in row-major order. They are given as floats or as bytes (little-endian, as in a golden file);
 * the other form is made once, when it is asked for, so that nothing is converted inside a timed call.
 */
class Values private constructor(
    val dtype: Dtype,
    val shape: List<Int>,
    private val givenFloats: FloatArray?,
    private val givenBytes: ByteArray?,
) {
    /** How many there are. */
    val count: Int get() = givenFloats?.size ?: (givenBytes!!.size / dtype.bytes)

    /** The values of a float32 tensor; do not write into it. */
    val floats: FloatArray by lazy {
        require(dtype == Dtype.FLOAT32) { "values of ${dtype.word} are no float32 values" }
        givenFloats ?: FloatArray(count).also { little(bytes).asFloatBuffer().get(it) }
    }

    /** The values as a golden file has them; do not write into it. */
    val bytes: ByteArray by lazy {
        givenBytes ?: ByteArray(count * dtype.bytes).also { little(it).asFloatBuffer().put(floats) }
    }

    /** The values as doubles, whatever the dtype. */
    fun doubles(): DoubleArray {
        val raw = little(bytes)
        return DoubleArray(count) { index ->
            when (dtype) {
                Dtype.FLOAT32 -> raw.getFloat(index * dtype.bytes).toDouble()
                Dtype.FLOAT16 -> halfToDouble(raw.getShort(index * dtype.bytes))
                Dtype.INT64 -> raw.getLong(index * dtype.bytes).toDouble()
                Dtype.INT32 -> raw.getInt(index * dtype.bytes).toDouble()
                Dtype.INT8 -> raw.get(index).toDouble()
                Dtype.UINT8, Dtype.BOOL -> (raw.get(index).toInt() and 0xFF).toDouble()
            }
        }
    }

    /** Whether dtype, shape and all bits are equal. */
    fun sameBits(other: Values): Boolean =
        dtype == other.dtype && shape == other.shape && bytes.contentEquals(other.bytes)

    /** Values made of a runtime's, or of a golden file's. */
    companion object {
        /** Of float32. Another count than [shape] has is kept as a row, so that a replay tells the wrong shape. */
        fun of(
            shape: List<Int>,
            floats: FloatArray,
        ): Values = Values(Dtype.FLOAT32, fitting(shape, floats.size), floats, null)

        /** Of any dtype, from little-endian [bytes]. */
        fun of(
            dtype: Dtype,
            shape: List<Int>,
            bytes: ByteArray,
        ): Values = Values(dtype, fitting(shape, bytes.size / dtype.bytes), null, bytes)

        private fun fitting(
            shape: List<Int>,
            count: Int,
        ): List<Int> =
            if (shape.fold(1L) { product, side -> product * side } ==
                count.toLong()
            ) {
                shape
            } else {
                listOf(count)
            }

        private fun little(bytes: ByteArray): ByteBuffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
    }
}

/** A half of IEEE 754: sign, 5 bits of exponent with bias 15, 10 bits of fraction. */
private fun halfToDouble(bits: Short): Double {
    val exponent = bits.toInt() shr 10 and 0x1F
    val fraction = (bits.toInt() and 0x3FF) / 1024.0
    val magnitude =
        when (exponent) {
            0 -> Math.scalb(fraction, -14)
            0x1F -> if (fraction == 0.0) Double.POSITIVE_INFINITY else Double.NaN
            else -> Math.scalb(1 + fraction, exponent - 15)
        }
    return if (bits < 0) -magnitude else magnitude
}
