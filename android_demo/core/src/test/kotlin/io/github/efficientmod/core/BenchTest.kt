package io.github.efficientmod.core

import com.networknt.schema.InputFormat
import com.networknt.schema.SchemaRegistry
import com.networknt.schema.SpecificationVersion
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Files
import java.nio.file.Path

private const val RUN_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
private val CPU_AND_GPU = listOf("tflite-fp32:cpu:float32:2", "tflite-fp32:gpu:float16", "tflite-fp32:cpu:float32:1")

/** A bench on the vectors' bundle with a fake phone and a fake runtime, whose clock and heat a test drives. */
class FakeBench(
    val bundle: Bundle = openBundle(Vectors.folder.resolve("bundle")),
) {
    val platform = FakePlatform()
    val clock = platform.clock
    val runtime = FakeRuntime(bundle, platform)
    val interruption = Interruption()
    val told = mutableListOf<RunProgress>()
    val bench = Bench(bundle, listOf(runtime), ImageIoDecoder, platform, interruption) { told += it }
    val plan =
        Plan.ALL
            .getValue("quick")
            .with("rounds", "2")
            .with("warmup_calls", "20")
            .with("cooldown_limit_s", "60")

    fun run(
        plan: Plan = this.plan,
        names: List<String> = CPU_AND_GPU,
    ): Report? =
        bench
            .run(
                RUN_ID,
                plan,
                names.map {
                    configurationOf(it, bundle.manifest, listOf(runtime))!!
                },
            )?.also {
                keep(it)
                assertEquals(0, runtime.openSessions)
            }
}

/** Each report that a test makes is valid, and kept for the readers in other languages. */
internal fun keep(report: Report) {
    val schema = Files.readString(Vectors.repository.resolve(SCHEMA))
    val registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
    val errors = registry.getSchema(schema).validate(report.toJson(), InputFormat.JSON)
    assertEquals(emptyList<Any>(), errors.map { it.toString() })
    assertEquals(report.toJson(), Report.of(report.toJson()).toJson())
    val caller = Throwable().stackTrace.first { ' ' in it.methodName }.methodName
    val file = Path.of("target/reports").resolve(caller.replace(Regex("[^A-Za-z0-9]+"), "_") + ".json")
    Files.createDirectories(file.parent)
    Files.writeString(file, report.toJson())
}

private const val SCHEMA = "export/efficientmod_export/report/contract/report.schema.json"

class BenchTest {
    @Test
    fun `a whole run measures every configuration in the order A B C, C B A`() {
        val fake = FakeBench()
        val report = fake.run()!!
        assertEquals(List(3) { ConfigState.MEASURED }, report.configs.map { it.state })
        assertEquals(
            CPU_AND_GPU + CPU_AND_GPU.reversed(),
            fake.told
                .filter {
                    it.step == RunStep.WARMUP
                }.map { it.configuration },
        )
        for (config in report.configs) {
            val kinds = listOf(PhaseKind.WARMUP, PhaseKind.BURST, PhaseKind.PACED)
            assertEquals(kinds + kinds, config.phases.map { it.kind })
            assertEquals(listOf(1, 1, 1, 2, 2, 2), config.phases.map { it.round })
            assertEquals(3, config.load!!.openNs.size)
            assertEquals(Outcome.PASSED, config.replay!!.again)
            assertTrue(config.replay.repeatable)
            assertEquals(2, config.waits.size)
            assertEquals(120_000L * 1024, config.memory!!.openedBytes)
            assertEquals(100_000L * 1024, config.memory.beforeBytes)
        }
        assertEquals("2026-11-27T09:30:05Z", report.startedAt)
        assertTrue(fake.told.zipWithNext().all { (a, b) -> a.until <= b.fraction + 1e-9 && b.until <= 1 })
        assertEquals(1.0, fake.told.last().until, 1e-9)
    }

    @Test
    fun `a burst reaches both of the plan's least, and the latency is of all bursts`() {
        val report = FakeBench().run(names = CPU_AND_GPU.take(1))!!
        val bursts =
            report.configs
                .single()
                .phases
                .filter { it.kind == PhaseKind.BURST }
        for (burst in bursts) {
            assertTrue(burst.startNs.last() + burst.runNs.last() >= 3_000_000_000 - 6_000_000)
            assertTrue(burst.runNs.size in 500..600)
            assertEquals(200_100L, burst.inputNs.first())
            assertTrue(burst.runNs.all { it in 5_000_000..5_060_200 })
        }
        val latency = report.configs.single().latency!!
        assertEquals(bursts.sumOf { it.runNs.size }, latency.count)
        assertEquals(percentiles(bursts.flatMap { it.runNs }.toLongArray()), latency)
    }

    @Test
    fun `a slow network runs the plan's least number of calls`() {
        val fake = FakeBench()
        fake.runtime.callNanos = { 400_000_000 }
        val burst =
            fake
                .run(names = CPU_AND_GPU.take(1))!!
                .configs
                .single()
                .phases
                .first { it.kind == PhaseKind.BURST }
        assertEquals(100, burst.runNs.size)
        assertTrue(burst.startNs.last() in 39_000_000_000..41_000_000_000)
    }

    @Test
    fun `on a GPU the time of a call has the reading in it`() {
        val phases = FakeBench().run(names = CPU_AND_GPU.take(2))!!.configs.map { it.phases.first() }
        assertEquals(phases[0].runNs.first() + phases[0].outputNs!!.first(), phases[1].runNs.first())
        assertNull(phases[1].outputNs)
    }

    @Test
    fun `paced calls begin at the plan's pace`() {
        val paced =
            FakeBench().run(names = CPU_AND_GPU.take(1))!!.configs.single().phases.first {
                it.kind ==
                    PhaseKind.PACED
            }
        assertEquals(50, paced.runNs.size)
        assertTrue(paced.startNs.zipWithNext().all { (a, b) -> b - a in 99_000_000..101_000_000 })
        assertEquals(100.0, paced.intervalMs)
    }

    @Test
    fun `the warm-up goes on until the medians of two blocks agree, or to its limit`() {
        val falling = FakeBench()
        falling.runtime.callNanos = { call -> if (call < 200) 20_000_000L - call * 80_000 else 4_000_000 }
        val warmup =
            falling
                .run(names = CPU_AND_GPU.take(1))!!
                .configs
                .single()
                .phases
                .first()
        assertTrue(warmup.statistics.steadiness!! <= 0.03)
        assertTrue(warmup.runNs.size > 150, "${warmup.runNs.size}")
        assertEquals(0, warmup.runNs.size % 10)

        val never = FakeBench()
        never.runtime.callNanos = { call -> 4_000_000L + call / 10 % 2 * 1_000_000 }
        val limited =
            never
                .run(names = CPU_AND_GPU.take(1))!!
                .configs
                .single()
                .phases
                .first()
        assertTrue(limited.startNs.last() in 9_900_000_000..10_100_000_000)
    }

    @Test
    fun `conditions are taken once a second`() {
        val conditions = FakeBench().run(names = CPU_AND_GPU.take(1))!!.conditions
        val gaps = conditions.zipWithNext { a, b -> b.atS - a.atS }
        assertTrue(conditions.size > 15)
        assertTrue(gaps.all { it < 1.4 }, "$gaps")
        assertTrue(gaps.sorted()[gaps.size / 2] > 0.99, "$gaps")
        assertEquals(Condition(conditions[0].atS, Thermal.NONE, null, 27.0, false, false, 0.2, true), conditions[0])
    }

    @Test
    fun `a sustained phase shows the drift`() {
        val fake = FakeBench()
        fake.runtime.callNanos = { if (fake.clock.seconds < 100) 20_000_000 else 40_000_000 }
        fake.clock.at(150.0) { fake.platform.thermal = 3 }
        val plan = Plan.ALL.getValue("sustained")
        val config =
            fake
                .run(
                    plan.with("sustained_s", "240").with("burst_calls", "100"),
                    CPU_AND_GPU.take(1),
                )!!
                .configs
                .single()
        val sustained = config.phases.last()
        assertEquals(ConfigState.MEASURED, config.state)
        assertEquals(2.0, sustained.statistics.drift!!, 0.01)
        assertEquals(24, windows(sustained.startNs.toLongArray(), sustained.runNs.toLongArray()).size)
    }

    @Test
    fun `each turn waits until the device is cool`() {
        val fake = FakeBench()
        fake.clock.at(12.0) { fake.platform.battery = 291 }
        fake.clock.at(20.0) { fake.platform.thermal = 1 }
        fake.clock.at(50.0) { fake.platform.battery = 280 }
        fake.clock.at(60.0) { fake.platform.thermal = 0 }
        val waits = fake.run(names = CPU_AND_GPU.take(2))!!.configs.map { it.waits }
        val waited = waits.flatten().filter { it.waitedS > 5 }
        assertEquals(1, waited.size)
        assertTrue(waited.single().cooled)
        assertEquals(60.0, waited.single().run { startedS + waitedS }, 1.1)
    }

    @Test
    fun `a device that stays hot is measured after the plan's limit, and the report says so`() {
        val fake = FakeBench()
        fake.clock.at(1.0) { fake.platform.battery = 400 }
        val config = fake.run(names = CPU_AND_GPU.take(1))!!.configs.single()
        assertEquals(ConfigState.MEASURED, config.state)
        assertFalse(config.waits.last().cooled)
        assertEquals(60.0, config.waits.last().waitedS, 0.01)
    }

    @Test
    fun `proving times nothing`() {
        val fake = FakeBench()
        val found = fake.bench.prove(configurationOf(CPU_AND_GPU[0], fake.bundle.manifest, listOf(fake.runtime))!!)
        assertEquals(ConfigState.PROVEN, found.state)
        assertNotNull(found.replay)
        assertNull(found.latency)
        assertEquals(4, fake.runtime.calls)
    }
}
