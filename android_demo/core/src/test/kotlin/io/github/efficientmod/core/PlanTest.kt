package io.github.efficientmod.core

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class PlanTest {
    @Test
    fun `the three plans are the vectors'`() {
        val cases = Vectors.cases("plans")
        assertEquals(Plan.ALL.keys.toList(), cases.map { it["name"]!!.jsonPrimitive.content })
        for ((plan, case) in Plan.ALL.values.zip(cases)) {
            assertSame(plan.name, case, Json.encodeToJsonElement(Plan.serializer(), plan))
        }
    }

    @Test
    fun `arguments change every field of a plan, whose name is then another`() {
        val changed = Plan.FIELD_NAMES.fold(Plan.ALL.getValue("quick")) { plan, field -> plan.with(field, "7") }
        val fields = Json.encodeToJsonElement(Plan.serializer(), changed).jsonObject
        assertEquals("custom", changed.name)
        assertEquals(Plan.FIELD_NAMES + "name", fields.keys)
        assertEquals(setOf("7", "7.0", "\"custom\""), fields.values.map { it.toString() }.toSet())
    }

    @Test
    fun `what cannot be used says what can`() {
        val refused =
            mapOf(
                mapOf("plan" to "fast") to "there is no plan 'fast'; there are quick, standard, sustained",
                mapOf("rounds" to "0") to "rounds is '0'; give a whole number of at least 1",
                mapOf("burst_s" to "-1") to "burst_s is '-1'; give a number of at least 0",
                mapOf("burst_s" to "NaN") to "burst_s is 'NaN'; give a number of at least 0",
                mapOf("paced_calls" to "2.5") to "paced_calls is '2.5'; give a whole number of at least 0",
            )
        for ((arguments, message) in refused) {
            assertEquals(message, assertThrows<ArgumentException> { planOf(arguments) }.message)
        }
    }
}
