package io.github.efficientmod.core

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory

class StatisticsTest {
    @TestFactory
    fun `statistics and curves are the vectors'`(): List<DynamicTest> =
        Vectors.cases("statistics").map { case ->
            dynamicTest(case["name"]!!.jsonPrimitive.content) {
                val start = longs(case["start_ns"]!!)
                val run = longs(case["run_ns"]!!)
                val found = Json.encodeToJsonElement(PhaseStatistics.serializer(), phaseStatistics(start, run))
                assertSame("statistics", case["statistics"]!!, found)
                assertSame("windows", case["windows"]!!, JsonArray(windows(start, run).map(::json)))
            }
        }

    private fun json(window: Window) =
        buildJsonObject {
            put("start_s", JsonPrimitive(window.startS))
            put("count", JsonPrimitive(window.count))
            put("p50_ms", JsonPrimitive(window.p50Ms))
        }

    private fun longs(values: JsonElement): LongArray = values.jsonArray.map { it.jsonPrimitive.long }.toLongArray()
}
