package io.github.efficientmod.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

private val NAMES = listOf("tflite-fp32:cpu:float32:2", "tflite-fp32:gpu:float16")
private val NAN = Float.NaN

/** What ends or voids a run: states and reasons, one case each. */
class AbortTest {
    private val fake = FakeBench()

    private fun run(names: List<String> = NAMES): List<ReportedConfiguration> = fake.run(names = names)!!.configs

    private fun assertStates(vararg expected: Pair<ConfigState, String?>): List<ReportedConfiguration> {
        val configs = run()
        assertEquals(expected.toList(), configs.map { it.state to it.reason?.code })
        return configs
    }

    private fun during(
        step: RunStep,
        act: () -> Unit,
    ) {
        // A second into the first phase of this kind, by the plan's and the fake's times.
        val starts = mapOf(RunStep.WARMUP to 0.5, RunStep.BURST to 3.0, RunStep.PACED to 6.0)
        fake.clock.at(starts.getValue(step), act)
    }

    @Test
    fun `the app leaves the foreground`() {
        during(RunStep.BURST) { fake.interruption.raise(Abort.BACKGROUND) }
        assertStates(ConfigState.VOID to "left_foreground", ConfigState.PROVEN to null)
        assertEquals(1, fake.told.count { it.step == RunStep.BURST })
        assertEquals(0, fake.told.count { it.step == RunStep.PACED })
    }

    @Test
    fun `the screen goes off`() {
        during(RunStep.PACED) { fake.interruption.raise(Abort.SCREEN_OFF) }
        assertStates(ConfigState.VOID to "left_foreground", ConfigState.PROVEN to null)
    }

    @Test
    fun `what happened first stays the reason`() {
        fake.interruption.raise(Abort.SCREEN_OFF)
        fake.interruption.raise(Abort.USER)
        assertEquals(Abort.SCREEN_OFF, fake.interruption.reason)
    }

    @Test
    fun `the power saver comes on`() {
        during(RunStep.BURST) { fake.platform.saver = true }
        assertStates(ConfigState.VOID to "power_saver", ConfigState.PROVEN to null)
    }

    @Test
    fun `the device becomes too hot, and the run goes on when it has cooled down`() {
        during(RunStep.BURST) { fake.platform.thermal = 3 }
        fake.clock.at(20.0) { fake.platform.thermal = 0 }
        assertStates(ConfigState.VOID to "too_hot", ConfigState.MEASURED to null)
    }

    @Test
    fun `the memory runs short`() {
        during(RunStep.WARMUP) { fake.interruption.raise(Abort.MEMORY) }
        val configs = run()
        assertEquals("aborted", configs[0].reason!!.code)
        assertEquals("the system is short of memory", configs[0].reason!!.text)
        assertEquals(ConfigState.PROVEN, configs[1].state)
    }

    @Test
    fun `the user ends the run in the first round`() {
        during(RunStep.PACED) { fake.interruption.raise(Abort.USER) }
        assertStates(ConfigState.VOID to "aborted", ConfigState.PROVEN to null)
    }

    @Test
    fun `the user ends the run in the second round, so that both have too few runs`() {
        fake.clock.at(25.0) { fake.interruption.raise(Abort.USER) }
        assertStates(ConfigState.VOID to "aborted", ConfigState.VOID to "aborted")
    }

    @Test
    fun `the user ends the run while it waits`() {
        fake.platform.thermal = 2
        fake.clock.at(5.0) { fake.interruption.raise(Abort.USER) }
        assertStates(ConfigState.PROVEN to null, ConfigState.PROVEN to null)
        assertTrue(fake.clock.seconds < 8)
    }

    @Test
    fun `the user ends the run before anything is proven`() {
        fake.interruption.raise(Abort.USER)
        assertNull(fake.run())
        assertEquals(0, fake.runtime.calls)
    }

    @Test
    fun `a debug build's times are kept, and void`() {
        fake.platform.facts = fake.platform.facts.run { copy(app = app.copy(debug = true)) }
        assertStates(ConfigState.VOID to "debug_build", ConfigState.VOID to "debug_build")
    }

    @Test
    fun `an emulator's times are kept, and void`() {
        fake.platform.facts = fake.platform.facts.copy(hardware = "ranchu")
        assertStates(ConfigState.VOID to "emulator", ConfigState.VOID to "emulator")
    }

    @Test
    fun `a GPU that is software is proven and not timed`() {
        fake.runtime.software = true
        assertStates(ConfigState.VOID to "software_unit", ConfigState.VOID to "software_unit")
        assertEquals(2 * 4, fake.runtime.calls)
    }

    @Test
    fun `a runtime that does not open on the processor fails, and elsewhere refuses`() {
        fake.runtime.opening = { error("Some ops are not accelerated\nat compiled_model.cc") }
        val configs = assertStates(ConfigState.FAILED to "open_failed", ConfigState.REFUSED to "not_accelerated")
        val said = "LiteRT does not open model.tflite on the cpu: Some ops are not accelerated"
        assertEquals(said, configs[0].reason!!.text)
    }

    @Test
    fun `a runtime that opens once and then not again fails`() {
        fake.runtime.opening = { open -> check(open < 4) { "out of GPU memory" } }
        assertStates(ConfigState.FAILED to "open_failed", ConfigState.FAILED to "open_failed")
    }

    @Test
    fun `a call that fails in the replay`() {
        fake.runtime.answer = { call, outputs -> if (call == 3) error("crashed") else outputs }
        assertStates(ConfigState.FAILED to "run_failed", ConfigState.MEASURED to null)
    }

    @Test
    fun `a call that fails in a burst leaves no times`() {
        fake.runtime.answer = { call, outputs -> if (call == 400) error("crashed") else outputs }
        val configs = assertStates(ConfigState.FAILED to "run_failed", ConfigState.MEASURED to null)
        assertTrue(configs[0].phases.isEmpty())
    }

    @Test
    fun `a result that is NaN fails, and nothing is timed`() {
        fake.runtime.answer = { _, outputs -> listOf(changed(outputs[0]) { NAN }, outputs[1]) }
        val config = run()[0]
        assertEquals("wrong_result", config.reason!!.code)
        assertEquals("tall: output 0 has 1 NaN or infinite values of 7", config.reason.text)
        assertNull(config.latency)
        assertNull(config.load)
    }

    @Test
    fun `infinity, a missing output and a wrong shape fail`() {
        val answers: List<(List<Values>) -> List<Values>> =
            listOf(
                { outputs -> listOf(changed(outputs[0]) { Float.POSITIVE_INFINITY }, outputs[1]) },
                { outputs -> outputs.take(1) },
                { outputs -> listOf(Values.of(listOf(1, 7), FloatArray(6)), outputs[1]) },
            )
        val faults =
            answers.map { answer ->
                val fake = FakeBench()
                fake.runtime.answer = { _, outputs -> answer(outputs) }
                val verdict =
                    fake
                        .run(names = NAMES)!!
                        .configs[0]
                        .replay!!
                        .verdict
                verdict.samples[0]
                    .faults
                    .single()
                    .fault
            }
        assertEquals(listOf(Fault.NOT_FINITE, Fault.OUTPUT_COUNT, Fault.SHAPE), faults)
    }

    @Test
    fun `flipped channels fail`() {
        fake.runtime.feed = { inputs ->
            val rgb = inputs.single().floats
            listOf(Values.of(inputs.single().shape, FloatArray(rgb.size) { rgb[it - it % 3 + 2 - it % 3] }))
        }
        assertStates(ConfigState.FAILED to "wrong_result", ConfigState.FAILED to "wrong_result")
    }

    @Test
    fun `a result that changes after the timing voids the times`() {
        fake.runtime.answer = { call, outputs -> if (call < 400) outputs else outputs.map { changed(it) { 1e3f } } }
        val configs = assertStates(ConfigState.VOID to "wrong_result_after", ConfigState.VOID to "wrong_result_after")
        assertEquals(listOf(Outcome.FAILED, Outcome.FAILED), configs.map { it.replay!!.again })
    }

    @Test
    fun `a result that differs from run to run within the limits is no failure`() {
        fake.runtime.answer =
            { call, outputs -> outputs.map { values -> changed(values) { it + 1e-6f * (call % 2 + 1) } } }
        val config = run()[0]
        assertEquals(ConfigState.MEASURED, config.state)
        assertEquals(false, config.replay!!.repeatable)
    }

    @Test
    fun `an input that this app does not give is refused`() {
        fake.runtime.dtypes = setOf(Dtype.INT8)
        val configs = assertStates(ConfigState.REFUSED to "not_accelerated", ConfigState.REFUSED to "not_accelerated")
        assertEquals("this app does not feed LiteRT with float32", configs[0].reason!!.text)
    }

    private fun changed(
        values: Values,
        change: (Float) -> Float,
    ): Values = Values.of(values.shape, values.floats.copyOf().also { it[0] = change(it[0]) })
}
