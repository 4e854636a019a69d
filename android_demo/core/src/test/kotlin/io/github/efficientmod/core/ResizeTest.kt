package io.github.efficientmod.core

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

class ResizeTest {
    @Test
    fun `sizes and starts of the vectors`() {
        for (case in Vectors.cases("sizes")) {
            val (height, width) = case.ints("picture")
            val geometry = geometry(resize(case), crop(case), height, width)
            assertEquals(case.ints("scaled"), listOf(geometry.scaledHeight, geometry.scaledWidth), "$case")
            assertEquals(case.ints("start"), listOf(geometry.top, geometry.left), "$case")
        }
    }

    @Test
    fun `what the network sees of the source`() {
        val square = Crop(CropPosition.CENTER, 224, 224, fill = null)
        val seen =
            geometry(
                Resize(ResizeRule.SHORTER_SIDE, 256, 256, Interpolation.BICUBIC, true),
                square,
                512,
                1024,
            ).seen(square)
        assertEquals(Region(32.0, 288.0, 480.0, 736.0), seen)
        val border = square.copy(fill = listOf(0, 0, 0))
        val whole =
            geometry(
                Resize(ResizeRule.LETTERBOX, 224, 224, Interpolation.BICUBIC, true),
                border,
                224,
                448,
            ).seen(border)
        assertEquals(Region(-112.0, 0.0, 336.0, 448.0), whole)
    }

    @Test
    fun `extreme sizes are refused before anything is made`() {
        val resize = Resize(ResizeRule.SHORTER_SIDE, 131_072, 131_072, Interpolation.NEAREST, false)
        val crop = Crop(CropPosition.CENTER, 1, 1, fill = null)
        val error = assertThrows(IllegalArgumentException::class.java) { geometry(resize, crop, 1, 100_000) }
        assertEquals("A picture of 1 x 100000 pixels is too narrow for this network.", error.message)
    }

    @Test
    fun `taps of the vectors`() {
        for (case in Vectors.cases("taps")) {
            val all = taps(case.int("inputs"), case.int("outputs"), interpolation(case))
            for (expected in case["taps"]!!.jsonArray.map { it.jsonObject }) {
                val x = expected.int("x")
                assertEquals(trimmed(expected.int("first"), expected.ints("weights")), at(all, x), "$case")
                val alone = taps(case.int("inputs"), case.int("outputs"), interpolation(case), x, 1)
                assertEquals(at(all, x), at(alone, 0), "a part of the axis: $case")
            }
        }
    }

    @Test
    fun `pictures of the vectors`() {
        for (case in Vectors.cases("resize")) {
            val source = case.picture("source")
            val expected = case.picture("result")
            val resize =
                Resize(ResizeRule.STRETCH, expected.height, expected.width, interpolation(case), antialias = true)
            val crop = Crop(CropPosition.TOP_LEFT, expected.height, expected.width, fill = null)
            val geometry = geometry(resize, crop, source.height, source.width)
            assertArrayEquals(expected.rgb, Resizer(geometry, resize.interpolation, crop).run(source).rgb)
        }
    }

    private fun interpolation(case: JsonObject) = Interpolation.entries.first { it.word == case.text("interpolation") }

    private fun resize(case: JsonObject): Resize {
        val resize = case["resize"]!!.jsonObject
        val rule = ResizeRule.entries.first { it.word == resize.text("rule") }
        return Resize(rule, resize.int("height"), resize.int("width"), Interpolation.BICUBIC, antialias = true)
    }

    private fun crop(case: JsonObject): Crop {
        val crop = case["crop"]!!.jsonObject
        val position = CropPosition.entries.first { it.word == crop.text("position") }
        return Crop(position, crop.int("height"), crop.int("width"), fill = null)
    }

    private fun at(
        taps: Taps,
        x: Int,
    ): Pair<Int, List<Int>> {
        val start = x * taps.most
        return trimmed(taps.firsts[x], taps.weights.slice(start until start + taps.counts[x]))
    }

    /** Without the zeros at its ends: where nothing is scaled, the core leaves them out. */
    private fun trimmed(
        first: Int,
        weights: List<Int>,
    ): Pair<Int, List<Int>> {
        val leading = weights.takeWhile { it == 0 }.size
        return first + leading to weights.drop(leading).dropLastWhile { it == 0 }
    }
}
