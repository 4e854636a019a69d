package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Condition
import io.github.efficientmod.core.Phase
import io.github.efficientmod.core.PhaseKind
import io.github.efficientmod.core.Thermal
import io.github.efficientmod.core.phaseStatistics
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ChartsTest {
    private val t = Texts.of("en")

    @Test
    fun `a histogram keeps every run, and one hiccup does not flatten the rest`() {
        val runs = List(999) { 8_000_000L + it * 1000 } + 900_000_000L
        val histogram = histogram(t, runs)
        assertEquals(36, histogram.bars.size)
        assertTrue(histogram.bars.count { it > 0.5 } > 30, "${histogram.bars}")
        assertEquals("8.00\u202Fms", histogram.ticks.first().label)
        assertTrue(histogram.marks.single().at in 0.45..0.55)
    }

    @Test
    fun `equal runs are one bar`() {
        val histogram = histogram(t, List(10) { 5_000_000L })
        assertEquals(listOf(1.0), histogram.bars.filter { it > 0 })
    }

    private fun sustained(): Phase {
        val starts = List(60) { it * 1_000_000_000L }
        val runs = List(60) { if (it < 30) 8_000_000L else 12_000_000L }
        return Phase(
            PhaseKind.SUSTAINED,
            1,
            null,
            100.0,
            starts,
            runs,
            runs,
            null,
            phaseStatistics(starts.toLongArray(), runs.toLongArray()),
        )
    }

    private fun condition(
        at: Double,
        thermal: Thermal?,
    ) = Condition(at, thermal, null, null, null, null, null, true)

    @Test
    fun `a curve has a point for each ten seconds over the heat of the time`() {
        val conditions =
            listOf(
                0.0 to Thermal.SEVERE,
                100.0 to Thermal.NONE,
                130.0 to Thermal.LIGHT,
                140.0 to Thermal.LIGHT,
                150.0 to Thermal.SEVERE,
            ).map { condition(it.first, it.second) }
        val curve = curve(t, listOf(sustained()), conditions)!!
        assertEquals(6, curve.points.size)
        assertEquals(5.0 / 60, curve.points.first().first)
        assertEquals(0.0, curve.points.first().second)
        assertEquals(1.0, curve.points.last().second)
        assertEquals(listOf(Heat(0.5, 50.0 / 60, Tone.WARNING), Heat(50.0 / 60, 1.0, Tone.BAD)), curve.heat)
        assertEquals(listOf("8.00", "10.0", "12.0"), curve.rows.map { it.label })
    }

    @Test
    fun `without a sustained phase there is no curve`() {
        assertNull(curve(t, emptyList(), emptyList()))
    }
}
