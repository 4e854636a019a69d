package io.github.efficientmod.core

import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import kotlin.math.max

class ClassifyTest {
    @Test
    fun `steps of the vectors`() {
        for (case in Vectors.cases("after_network")) {
            val values = case.values("values")
            when (val step = case.text("step")) {
                "softmax" -> {
                    val expected = case["result"]!!.jsonArray.map { it.jsonPrimitive.double }
                    val made = softmax(values.doubles())
                    expected.zip(made.asList()) { a, b -> assertEquals(a, b, max(1e-12, 1e-9 * a)) }
                    assertEquals(expected.size, made.size)
                }

                "top_k" -> {
                    val k = case["parameters"]!!.jsonObject.int("k")
                    assertEquals(case.ints("result"), topK(values.doubles(), k))
                }

                "to_picture" -> {
                    val (height, width) = values.shape.takeLast(2)
                    val made = toPicture(values.floats, height, width, normalisation(field(case["parameters"]!!)))
                    assertArrayEquals(case.picture("result").rgb, made.rgb)
                }

                else -> {
                    error("unknown step $step")
                }
            }
        }
    }
}
