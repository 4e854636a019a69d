package io.github.efficientmod.core.screens

import io.github.efficientmod.core.BundleException
import io.github.efficientmod.core.Condition
import io.github.efficientmod.core.ConfigState
import io.github.efficientmod.core.FakeBench
import io.github.efficientmod.core.ImportException
import io.github.efficientmod.core.ImportFault
import io.github.efficientmod.core.Outcome
import io.github.efficientmod.core.Problem
import io.github.efficientmod.core.Reason
import io.github.efficientmod.core.Refusal
import io.github.efficientmod.core.Report
import io.github.efficientmod.core.ReportedConfiguration
import io.github.efficientmod.core.RunStep
import io.github.efficientmod.core.Thermal
import io.github.efficientmod.core.Values
import io.github.efficientmod.core.configurations
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.IOException

private val EN = Texts.of("en")
private val DE = Texts.of("de")

/** What the screens show of what a fake phone finds with a fake runtime on the vectors' bundle. */
class StatesTest {
    private val fake = FakeBench()
    private val rows = configurations(fake.bundle.manifest, listOf(fake.runtime))
    private val open = AppState(fake.bundle, configurations = rows)
    private val cool = Condition(0.0, Thermal.NONE, null, 27.0, false, false, null, true)
    private val ready = Now(cool, debugBuild = false, emulator = false)

    private fun found(): Map<String, ReportedConfiguration> = rows.associate { it.name to fake.bench.prove(it) }

    private val proven by lazy { open.copy(found = found()) }

    private fun measured(change: FakeBench.() -> Unit = {}): Report = FakeBench().apply(change).run()!!

    @Test
    fun `without a bundle every screen leads to one`() {
        assertNotNull(bundleState(EN, AppState()).empty)
        assertEquals("No bundle yet", tryState(EN, AppState(), Trying()).empty?.title)
        assertEquals("No bundle yet", cameraState(EN, AppState(), Filming()).empty?.title)
        assertEquals("No bundle yet", measureState(EN, AppState(), Wish(), ready, null, false).empty?.title)
    }

    @Test
    fun `a bundle shows what it is, and that its weights mean nothing`() {
        val state = bundleState(EN, open)
        assertEquals("tiny", state.model?.name)
        assertEquals("Classification · 16 × 24 · 7 classes", state.model?.task)
        assertEquals(Tone.WARNING, state.model?.weights?.tone)
        assertEquals(listOf("TFLite fp32"), state.artifacts.map { it.title }, "Core ML is not for this phone")
        assertTrue(
            state.artifacts
                .single()
                .rows
                .all { it.chip.text == "Not proven yet" },
        )
        assertTrue(state.prove!!.enabled)
    }

    @Test
    fun `an import and a proof keep the buttons from starting another`() {
        val importing = bundleState(EN, AppState(importing = Importing("out.embundle", 0.5)))
        assertEquals(0.5, importing.busy?.fraction)
        assertFalse(importing.open.enabled)
        val proving = bundleState(EN, open.copy(proving = Proving(rows.last().name, 1, 2)))
        assertFalse(proving.prove!!.enabled)
        assertEquals(
            Tone.BUSY,
            proving.artifacts
                .single()
                .rows
                .last()
                .chip.tone,
        )
        assertEquals(0.5, proving.busy?.fraction)
    }

    @Test
    fun `a refused import names every problem, in the language of the app`() {
        val problems =
            listOf(
                Problem(Refusal.DIGEST_MISMATCH, "model.tflite", "its SHA-256 is another"),
                Problem(Refusal.WRONG_VALUE, "manifest.json", "it is no integer", "labels.count"),
            )
        val refused = AppState(refused = Refused("out.zip", BundleException("The bundle is damaged", problems)))
        assertEquals("out.zip was not imported", bundleState(EN, refused).banner?.title)
        assertEquals(
            listOf(
                "model.tflite does not have the SHA-256 that the manifest states.",
                "labels.count has a value that no manifest has: it is no integer.",
            ),
            bundleState(EN, refused).banner?.lines,
        )
        assertEquals(
            "model.tflite hat nicht den SHA-256, der im Manifest steht.",
            bundleState(DE, refused).banner?.lines?.first(),
        )
        val full = AppState(refused = Refused("out.zip", ImportException(ImportFault.NO_ROOM, 120, 30)))
        assertEquals(
            listOf("Das Paket braucht 120 MB, und 30 MB sind frei."),
            bundleState(DE, full).banner?.lines,
        )
    }

    @Test
    fun `a proof tells how far the outputs are off`() {
        val row =
            bundleState(EN, proven)
                .artifacts
                .single()
                .rows
                .first()
        assertEquals(Tone.GOOD, row.chip.tone)
        assertEquals("2 of 2 pictures right, largest error 0.0e+00 of the range.", row.detail)
        assertTrue(
            "2 von 2 Bildern richtig" in
                bundleState(DE, proven)
                    .artifacts
                    .single()
                    .rows
                    .first()
                    .detail!!,
        )
    }

    @Test
    fun `a wrong output fails with its limit, and is nowhere to be ticked or tried`() {
        fake.runtime.answer = { _, outputs -> outputs.map { off(it) } }
        val state = open.copy(found = found())
        val row =
            bundleState(EN, state)
                .artifacts
                .single()
                .rows
                .first()
        assertEquals(Tone.BAD, row.chip.tone)
        assertTrue("cosine is " in row.detail!! && "the limit is 0.999" in row.detail, row.detail)
        val german =
            bundleState(DE, state)
                .artifacts
                .single()
                .rows
                .first()
        assertTrue(german.detail!!.startsWith("Die Ausgaben sind nicht die von PyTorch. cosine ist "), german.detail)
        assertTrue(measureState(EN, state, Wish(), ready, null, false).configurations.none { it.enabled })
        assertEquals("Not proven yet", tryState(EN, state, Trying()).empty?.title)
        assertNull(chosenConfiguration(state, rows.first().name))
    }

    private fun off(values: Values) = Values.of(values.shape, FloatArray(values.count) { values.floats[it] + it })

    @Test
    fun `outputs that change their bits are proven, and it is said`() {
        fake.runtime.answer = { call, outputs -> outputs.map { if (call % 2 == 0) it else slightly(it) } }
        val row =
            bundleState(EN, open.copy(found = found()))
                .artifacts
                .single()
                .rows
                .first()
        assertTrue(row.detail!!.endsWith("The bits differ from run to run."), row.detail)
    }

    private fun slightly(values: Values) =
        Values.of(
            values.shape,
            FloatArray(values.count) {
                Math.nextUp(values.floats[it])
            },
        )

    @Test
    fun `another task, and a network of two inputs, are refused in one sentence`() {
        val manifest = fake.bundle.manifest
        assertEquals(
            "This app shows classifiers; it cannot show what a network for segmentation gives yet.",
            taskRefusal(EN, manifest.copy(task = "segmentation")),
        )
        assertNotNull(taskRefusal(EN, manifest.copy(inputs = manifest.inputs + manifest.inputs)))
        assertNull(taskRefusal(EN, manifest))
    }

    @Test
    fun `what was tried is shown with the times of its parts, and that one run is none to rely on`() {
        val guesses = listOf(Guess(3, "daisy", 0.75), Guess(1, null, 0.25))
        val picture =
            io.github.efficientmod.core
                .Picture(16, 24)
        val tried =
            Tried(
                Chosen("", isPhoto = true, isJpeg = true),
                rows.first().name,
                picture,
                guesses,
                21_400_000,
                6_300_000,
                8_310_000,
            )
        val state = tryState(EN, proven, Trying(tried.chosen, tried = tried))
        assertEquals(listOf("daisy", "class 1"), state.answers.map { it.name })
        assertEquals(listOf("75.0\u202F%", "25.0\u202F%"), state.answers.map { it.percent })
        assertEquals(listOf("21.4\u202Fms", "6.30\u202Fms", "8.31\u202Fms"), state.times.map { it.value })
        assertEquals("What the network saw: 16 × 24 pixels", state.seen?.text)
        assertTrue(
            state.notes.any { "JPEG" in it } && state.notes.any { "seeded" in it } &&
                state.notes.any { "single run" in it },
        )
    }

    @Test
    fun `the camera shows the median of the last hundred frames and their rate`() {
        var meter = Meter()
        assertNull(meter.p50Ms)
        repeat(150) { meter = meter.plus(it * 40_000_000L, if (it < 50) 90_000_000 else 8_000_000) }
        val state =
            cameraState(EN, proven, Filming(Permission.GIVEN, cameras = 1, meter = meter, thermal = Thermal.LIGHT))
        assertEquals(listOf("8.00\u202Fms", "25.0", "light"), state.tiles.map { it.value })
        assertNull(state.flip)
    }

    @Test
    fun `the camera says what keeps it from starting`() {
        fun title(filming: Filming) = cameraState(EN, proven, filming).empty?.title
        assertEquals("See what the network sees", title(Filming()))
        assertEquals("The camera is not allowed", title(Filming(Permission.FOREVER)))
        assertEquals("No camera", title(Filming(Permission.GIVEN, cameras = 0)))
        assertNull(title(Filming(Permission.GIVEN, cameras = 2)))
        val failed = cameraState(EN, proven, Filming(Permission.GIVEN, cameras = 2, failed = Said("camera.error", 4)))
        assertEquals(listOf("The camera reports error 4."), failed.banner?.lines)
        assertFalse(failed.running)
    }

    @Test
    fun `only what is proven can be ticked, and nothing ticked starts nothing`() {
        val one = proven.copy(found = proven.found - rows.last().name)
        val state = measureState(EN, one, Wish(), ready, null, false)
        assertEquals(listOf(true, false), state.configurations.map { it.enabled })
        assertEquals("Measure 1 configuration", state.start.text)
        assertEquals(emptySet<String>(), ticked(one, Wish(setOf(rows.last().name))))
        val none = measureState(EN, one, Wish(emptySet()), ready, null, false)
        assertFalse(none.start.enabled)
        assertNotNull(none.start.why)
    }

    @Test
    fun `conditions that do harm are marked`() {
        val hot = Condition(0.0, Thermal.SEVERE, null, 39.0, true, true, null, true)
        assertTrue(checks(EN, Now(hot, debugBuild = true, emulator = true)).all { it.good == false })
        assertTrue(checks(EN, ready).all { it.good == true })
        val unknown = Condition(0.0, null, null, null, null, null, null, true)
        assertEquals(4, checks(EN, Now(unknown, debugBuild = false, emulator = false)).count { it.good == null })
    }

    @Test
    fun `a run tells its step, its configuration and its end`() {
        val stand = RunStand("burst", rows.first().name, 0.4, 65.0)
        val running = measureState(EN, proven, Wish(), ready, stand, false).running!!
        assertEquals("Back to back", running.step)
        assertEquals("TFLite fp32 on CPU, float32, 1 thread", running.configuration)
        assertEquals("1:05", running.facts.first().value)
        assertTrue(running.abort.enabled)
        assertFalse(measureState(EN, proven, Wish(), ready, stand.copy(aborting = true), false).running!!.abort.enabled)
        assertTrue(RunStep.entries.all { EN.known("phase.", it.word) != null })
    }

    @Test
    fun `a measured configuration shows its median, and a p99 only of 500 runs`() {
        val card = resultState(EN, measured()).cards.first()
        assertTrue(card.counts)
        assertEquals("median", card.latency?.name)
        assertTrue(card.latency!!.others.any { it.label == "p99" })
        assertNotNull(card.histogram)
        assertNull(card.curve)
        assertEquals(Chip("Measured", Tone.GOOD), card.chip)
    }

    @Test
    fun `a debug build's times are shown, but do not count`() {
        val report = measured { platform.facts = platform.facts.copy(app = platform.facts.app.copy(debug = true)) }
        val state = resultState(DE, report)
        assertEquals(listOf("Das ist eine Debug-Version der App."), state.banner?.lines)
        assertTrue(state.cards.none { it.counts } && state.cards.all { it.latency != null })
    }

    @Test
    fun `no latency is shown of what failed, was refused, or was wrong after the timing`() {
        val report = measured()
        val first = report.configs.first()
        val wrongAfter =
            first.copy(
                state = ConfigState.VOID,
                reason = Reason("wrong_result_after", "x"),
                replay = first.replay!!.copy(again = Outcome.FAILED),
            )
        val failed =
            first.copy(
                state = ConfigState.FAILED,
                reason = Reason("run_failed", "the runtime failed in a call: it threw"),
            )
        val refused =
            first.copy(
                state = ConfigState.REFUSED,
                reason = Reason("not_accelerated", "outside"),
                replay = null,
            )
        val cards = resultState(EN, report.copy(configs = listOf(wrongAfter, failed, refused))).cards
        assertTrue(cards.all { it.latency == null && it.histogram == null && it.facts.isEmpty() })
        assertEquals("After the timing, the outputs were wrong.", cards.first().finding)
        assertEquals("The runtime failed in a run. it threw", cards[1].finding)
    }

    @Test
    fun `the self-check's text has what an issue needs`() {
        val checks =
            listOf(
                checked("LiteRT", "2.3.2") {
                    listOf("CPU")
                },
                checked("ExecuTorch", "1.4.1") { throw UnsatisfiedLinkError("no library") },
            )
        val state = selfCheckState(DE, fake.platform.device.facts(), checks, proven)
        assertEquals(false, state.checks.last { it.text.startsWith("ExecuTorch") }.good)
        for (part in listOf(
            "LiteRT 2.3.2: CPU",
            "FAILS: UnsatisfiedLinkError: no library",
            "pages of 16384 bytes",
            fake.bundle.sha256,
            "proven",
        )) {
            assertTrue(part in state.text, "no '$part' in ${state.text}")
        }
    }

    @Test
    fun `why a run ended is told in the language of the app`() {
        val failed = measureState(DE, proven, Wish(), ready, null, false, Said("abort.user"))
        assertEquals(listOf("Der Lauf wurde von Hand beendet."), failed.banner?.lines)
        val other = measureState(DE, proven, Wish(), ready, null, false, IOException("no space left"))
        assertEquals(listOf("Das kann nicht gelesen werden (no space left)."), other.banner?.lines)
    }
}
