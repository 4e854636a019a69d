package io.github.efficientmod.core

import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class PreprocessTest {
    @Test
    fun `pixels and tensors of the vectors`() {
        for (case in Vectors.cases("preprocess")) {
            val preprocessor = Preprocessor(preprocessing(field(case["preprocessing"]!!)))
            val pixels = preprocessor.pixels(case.picture("source"))
            assertArrayEquals(case.picture("pixels").rgb, pixels.rgb)
            assertArrayEquals(bits(case.values("tensor").floats), bits(preprocessor.tensor(pixels)))
        }
    }

    @Test
    fun `every pixel value is normalised to the bit`() {
        for (case in Vectors.cases("normalise")) {
            val made = tables(normalisation(field(case)))
            val expected = case.values("result").floats
            for (channel in 0 until 3) {
                assertArrayEquals(bits(FloatArray(256) { expected[it * 3 + channel] }), bits(made[channel]))
            }
        }
    }

    @Test
    fun `layouts of the vectors`() {
        for (case in Vectors.cases("layouts")) {
            val own = case["own"]!!.jsonObject
            val values = case.values("values")
            val made: Values
            val expected: Values
            if (case.text("what") == "input") {
                val normalisation = field(own)["normalisation"].orNull { normalisation(this) }
                val input =
                    ArtifactInput("x", own.ints("shape"), values.dtype, layout(own.text("layout")), "x", normalisation)
                made = PictureFeed(input).values(case.picture("pixels"))
                expected = values
            } else {
                val output = ArtifactOutput("y", values.shape, values.dtype, layout(own.text("layout")), "y")
                expected = case.values("result")
                val layout = layout(case.text("layout"))
                val declared = NetworkOutput("y", expected.shape, expected.dtype, layout, "image", "rgb")
                made = networkOutput(output, declared, values)
            }
            assertEquals(true, expected.sameBits(made), "$case")
        }
    }

    private fun layout(word: String) = Layout.entries.first { it.word == word }
}

fun bits(values: FloatArray) = IntArray(values.size) { values[it].toRawBits() }
