package io.github.efficientmod.core

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.decodeFromJsonElement
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import java.util.Base64
import kotlin.math.abs

class MetricsTest {
    @TestFactory
    fun `metrics, faults and verdicts are the vectors'`(): List<DynamicTest> =
        Vectors.cases("metrics").map { case ->
            dynamicTest(case["name"]!!.jsonPrimitive.content) {
                val references = samples(case["references"]!!)
                val names = references.indices.map { "sample$it" }
                val found = judge(names, references, samples(case["results"]!!), limitsOf(case["tolerance"]!!))
                val told = Json.encodeToJsonElement(Verdict.serializer(), found).jsonObject
                for (field in listOf("outcome", "worst", "violations")) assertSame(field, case[field]!!, told[field]!!)
                val judged = told["samples"]!!.jsonArray.map { JsonObject(it.jsonObject - "sample") }
                assertSame("samples", case["samples"]!!, JsonArray(judged))
            }
        }

    @Test
    fun `a failed verdict says what is beyond which limit, where, and how often`() {
        val reference = listOf(Values.of(listOf(1, 3), floatArrayOf(0f, 1f, 2f)))
        val wrong = listOf(Values.of(listOf(1, 3), floatArrayOf(0f, 1.5f, 2f)))
        val broken = listOf(Values.of(listOf(1, 3), floatArrayOf(0f, Float.NaN, 2f)))
        val limits = Limits(0.1, 1.0, 0.0, -200.0, 1.0)
        val verdict = judge(listOf("a", "b", "c"), List(3) { reference }, listOf(wrong, broken, wrong), limits)
        val expected =
            listOf(
                "b: output 0 has 1 NaN or infinite values of 3",
                "output 0: max_relative_error 2.50e-01 is over 1.0e-01 on a and beyond it on 1 more",
            )
        assertEquals(expected, verdict.reasons())
    }

    @Test
    fun `numbers are written as Python writes them`() {
        val expected = listOf("3.10e-02", "1.0e-04", "0.00e+00", "9.99e-08", "1.00e+01", "-2.50e+03")
        val found =
            listOf(
                scientific(0.031, 3),
                scientific(1e-4, 2),
                scientific(0.0, 3),
                scientific(9.994e-8, 3),
                scientific(9.996, 3),
                scientific(-2500.0, 3),
            )
        assertEquals(expected, found)
        assertEquals("0.9999990", fixed(0.999999, 7))
    }

    private fun samples(element: JsonElement): List<List<Values>> =
        element.jsonArray.map { sample -> sample.jsonArray.map { valuesOf(it.jsonObject) } }

    private fun limitsOf(element: JsonElement): Limits = Json.decodeFromJsonElement(element)
}

/** The values of an array of the vectors. */
fun valuesOf(array: JsonObject): Values {
    val dtype = Dtype.entries.first { it.word == array["dtype"]!!.jsonPrimitive.content }
    val shape = array["shape"]!!.jsonArray.map { it.jsonPrimitive.int }
    return Values.of(dtype, shape, Base64.getDecoder().decode(array["base64"]!!.jsonPrimitive.content))
}

/** Equal, numbers within 1e-9 of themselves or 1e-12 near 0, as the vectors' README says. */
fun assertSame(
    place: String,
    expected: JsonElement,
    found: JsonElement,
) {
    when (expected) {
        is JsonObject -> {
            assertEquals(expected.keys, found.jsonObject.keys, place)
            expected.forEach { (key, value) -> assertSame("$place.$key", value, found.jsonObject[key]!!) }
        }

        is JsonArray -> {
            assertEquals(expected.size, found.jsonArray.size, place)
            expected.forEachIndexed { index, value -> assertSame("$place[$index]", value, found.jsonArray[index]) }
        }

        is JsonPrimitive -> {
            val wanted = expected.content.toDoubleOrNull().takeUnless { expected.isString }
            if (wanted == null) return assertEquals(expected, found, place)
            val got = found.jsonPrimitive.content.toDouble()
            assert(abs(got - wanted) <= maxOf(1e-12, 1e-9 * abs(wanted))) { "$place: $got where $wanted is right" }
        }
    }
}
