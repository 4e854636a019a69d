package io.github.efficientmod.core

import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory

class LabelsTest {
    @TestFactory
    fun `vectors`(): List<DynamicTest> =
        Vectors.cases("labels").map { case ->
            dynamicTest(case.text("name")) {
                val content = case.bytes("base64")
                if (case["labels"] is JsonNull) {
                    assertThrows(IllegalArgumentException::class.java) { parseLabels(content) }
                } else {
                    assertEquals(case["labels"]!!.jsonArray.map { it.jsonPrimitive.content }, parseLabels(content))
                }
            }
        }
}
