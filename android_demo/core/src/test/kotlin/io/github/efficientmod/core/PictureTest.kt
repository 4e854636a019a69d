package io.github.efficientmod.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import java.nio.ByteBuffer
import java.nio.file.Files
import java.util.Random
import kotlin.math.abs

class PictureTest {
    @TestFactory
    fun `files of the vectors`(): List<DynamicTest> =
        Vectors.cases("pictures").map { case ->
            dynamicTest(case.text("file")) {
                val made = ImageIoDecoder.upright(Files.readAllBytes(Vectors.folder.resolve(case.text("file"))))
                val expected = case.picture("pixels")
                assertEquals(listOf(expected.height, expected.width), listOf(made.height, made.width))
                val worst =
                    made.rgb.indices.maxOf {
                        abs((made.rgb[it].toInt() and 0xFF) - (expected.rgb[it].toInt() and 0xFF))
                    }
                assertTrue(worst <= case.int("tolerance")) { "a value differs by $worst" }
            }
        }

    @Test
    fun `rows may be padded, and the last one may end with its last pixel`() {
        val red = byteArrayOf(-1, 0, 0, -1)
        val half = byteArrayOf(10, 20, 30, 127)
        val buffer = ByteBuffer.wrap(red + half + byteArrayOf(9, 9, 9, 9, 9) + half + red)
        val picture = Picture.ofRgba(2, 2, buffer, rowBytes = 13)
        val laidOver = listOf(10, 20, 30).map { ((it * 127 + 255 * 128 + 127) / 255).toByte() }
        val expected = listOf<Byte>(-1, 0, 0) + laidOver + laidOver + listOf<Byte>(-1, 0, 0)
        assertEquals(expected, picture.rgb.asList())
        assertEquals(0, buffer.position())
    }

    @Test
    fun `pixels as a bitmap takes them`() {
        val picture = Picture(1, 2, byteArrayOf(1, 2, -1, -128, 0, 127))
        assertEquals(listOf(0xFF0102FF.toInt(), 0xFF80007F.toInt()), picture.argb().asList())
    }

    @Test
    fun `an orientation that is none leaves the picture as it is`() {
        val picture = Picture(1, 2)
        for (orientation in listOf(0, 1, 9, -1)) assertTrue(picture.upright(orientation) === picture)
    }

    @Test
    fun `sizes that are none are refused`() {
        assertThrows(IllegalArgumentException::class.java) { Picture(0, 1) }
        assertThrows(IllegalArgumentException::class.java) { Picture(1 shl 16, 1 shl 16) }
        assertThrows(IllegalArgumentException::class.java) { Picture(1, 1, ByteArray(4)) }
    }

    @Test
    fun `torn and changed files have some orientation`() {
        val random = Random(0)
        val files = Vectors.cases("pictures").map { Files.readAllBytes(Vectors.folder.resolve(it.text("file"))) }
        for (file in files) {
            for (size in 0 until minOf(file.size, 200)) assertTrue(exifOrientation(file.copyOf(size)) in 1..8)
            repeat(300) {
                val changed = file.copyOf()
                repeat(4) { changed[random.nextInt(minOf(200, file.size))] = random.nextInt().toByte() }
                assertTrue(exifOrientation(changed) in 1..8)
            }
        }
    }

    @Test
    fun `turned back and forth a picture is what it was`() {
        val picture = Picture(3, 5, ByteArray(45) { it.toByte() })
        for ((there, back) in listOf(2 to 2, 3 to 3, 4 to 4, 5 to 5, 6 to 8, 7 to 7, 8 to 6)) {
            assertArrayEquals(picture.rgb, picture.upright(there).upright(back).rgb)
        }
    }
}
