package io.github.efficientmod.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.lang.management.ManagementFactory
import java.nio.ByteBuffer
import kotlin.math.abs

class FeedTest {
    @Test
    fun `pixels as integers keep their values`() {
        val pixels = Picture(1, 2, byteArrayOf(0, 127, -128, -1, 1, 2))
        for (dtype in listOf(Dtype.UINT8, Dtype.INT32, Dtype.INT64)) {
            val values = PictureFeed(input(dtype, Layout.NCHW, listOf(1, 3, 1, 2))).values(pixels)
            assertArrayEquals(doubleArrayOf(0.0, 255.0, 127.0, 1.0, 128.0, 2.0), values.doubles())
        }
    }

    @Test
    fun `what pixels do not fit into is refused`() {
        for (dtype in listOf(Dtype.INT8, Dtype.BOOL)) {
            assertThrows(
                IllegalArgumentException::class.java,
            ) { PictureFeed(input(dtype, Layout.NCHW, listOf(1, 3, 1, 2))) }
        }
        val feed = PictureFeed(input(Dtype.FLOAT32, Layout.NHWC, listOf(1, 2, 1, 3)))
        assertThrows(IllegalArgumentException::class.java) { feed.values(Picture(1, 2)) }
    }

    @Test
    fun `float16 is the nearest, of all that there are and of what lies between`() {
        for (bits in 0..0xFFFF) {
            val half = halfToFloat(bits)
            if (half.isNaN()) {
                assertTrue(halfToFloat(floatToHalf(half).toInt() and 0xFFFF).isNaN())
                continue
            }
            assertEquals(bits, floatToHalf(half).toInt() and 0xFFFF)
            val next = halfToFloat(bits + 1)
            if (bits and 0x7FFF < 0x7BFF) {
                val even = if (bits % 2 == 0) bits else bits + 1
                assertEquals(even, floatToHalf((half + next) / 2).toInt() and 0xFFFF)
                val nearer = Math.nextAfter((half + next) / 2, half.toDouble())
                assertEquals(bits, floatToHalf(nearer).toInt() and 0xFFFF)
            }
        }
        assertEquals(0x7C00, floatToHalf(65520f).toInt())
        assertEquals(0x7BFF, floatToHalf(Math.nextDown(65520f)).toInt())
    }

    @Test
    fun `tensors and outputs change layout and dtype`() {
        val declared = NetworkInput("t", listOf(1, 2, 1, 3), Dtype.FLOAT32, Layout.NCHW, InputKind.TENSOR, null)
        val own = ArtifactInput("t", listOf(1, 1, 3, 2), Dtype.FLOAT16, Layout.NHWC, "t", null)
        val made = tensorInput(own, declared, Values.of(declared.shape, floatArrayOf(1f, 2f, 3f, 4f, 5f, 6f)))
        assertEquals(own.shape, made.shape)
        assertArrayEquals(doubleArrayOf(1.0, 4.0, 2.0, 5.0, 3.0, 6.0), made.doubles())
        val flag = NetworkOutput("b", listOf(3), Dtype.BOOL, Layout.ANY, "mask", "mask")
        val given = ArtifactOutput("b", listOf(3), Dtype.INT32, Layout.ANY, "b")
        val integers = Values.of(Dtype.INT32, listOf(3), ByteArray(12).also { it[5] = 1 })
        assertEquals(listOf<Byte>(0, 1, 0), networkOutput(given, flag, integers).bytes.asList())
    }

    @Test
    fun `a camera's frame costs no memory`() {
        val steps = readManifest(Example.manifest).inputs.single().preprocessing!!
        val converter = FrameConverter()
        val preprocessor = Preprocessor(steps)
        val feed = PictureFeed(input(Dtype.FLOAT32, Layout.NHWC, listOf(1, 16, 24, 3)))
        val frame = frame(480, 640)
        val work = { feed.values(preprocessor.pixels(converter.picture(frame))).count }
        repeat(20) { work() }
        val threads = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean
        val before = threads.currentThreadAllocatedBytes
        repeat(50) { work() }
        val perFrame = (threads.currentThreadAllocatedBytes - before) / 50
        assertTrue(perFrame < 2_000) { "$perFrame bytes a frame" }
    }

    private fun frame(
        height: Int,
        width: Int,
    ): Frame {
        val chroma = { Plane(ByteBuffer.allocateDirect(height / 2 * width), width, pixelStride = 2) }
        return Frame(height, width, 90, Plane(ByteBuffer.allocateDirect(height * width), width, 1), chroma(), chroma())
    }

    private fun input(
        dtype: Dtype,
        layout: Layout,
        shape: List<Int>,
    ) = ArtifactInput("x", shape, dtype, layout, "x", null)

    /** By the definition: sign, exponent with bias 15, fraction. */
    private fun halfToFloat(bits: Int): Float {
        val exponent = bits shr 10 and 0x1F
        val fraction = (bits and 0x3FF) / 1024.0
        val sign = if (bits and 0x8000 == 0) 1 else -1
        val magnitude =
            when (exponent) {
                0 -> Math.scalb(fraction, -14)
                31 -> if (fraction == 0.0) Double.POSITIVE_INFINITY else Double.NaN
                else -> Math.scalb(1 + fraction, exponent - 15)
            }
        return (sign * abs(magnitude)).toFloat()
    }
}
