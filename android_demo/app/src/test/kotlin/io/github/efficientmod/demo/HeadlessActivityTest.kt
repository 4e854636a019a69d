package io.github.efficientmod.demo

import android.content.Intent
import android.os.Bundle
import io.github.efficientmod.core.Report
import io.github.efficientmod.demo.device.AndroidPlatform
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import java.io.File

/** A run as the laptop starts it, from the extras to the two files. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [36], application = TestApp::class)
class HeadlessActivityTest {
    @get:Rule
    val folder = TemporaryFolder()
    private val app = RuntimeEnvironment.getApplication() as TestApp

    private fun pushed(content: ByteArray = embundle()): String =
        folder
            .newFile("bundle.embundle")
            .apply {
                writeBytes(content)
            }.path

    private fun start(vararg extras: Pair<String, String>): HeadlessActivity {
        val intent = Intent(app, HeadlessActivity::class.java)
        extras.forEach { (key, value) -> intent.putExtra(key, value) }
        val activity = Robolectric.buildActivity(HeadlessActivity::class.java, intent).setup().get()
        app.runner.run()
        return activity
    }

    private fun file(name: String) = File(AndroidPlatform.runsFolder(app), "$RUN/$name")

    private fun status(field: String) =
        Json
            .parseToJsonElement(file("status.json").readText())
            .jsonObject
            .getValue(field)
            .jsonPrimitive

    @Test
    fun aRunWritesItsReportAndEnds() {
        val activity =
            start(
                "run" to RUN,
                "bundle" to pushed(),
                "plan" to "quick",
                "configs" to "tflite-fp32:cpu:float32:1",
            )
        assertEquals("done", status("state").content)
        val report = Report.of(file("report.json").readText())
        assertEquals(RUN, report.runId)
        assertEquals(listOf("tflite"), report.configs.map { it.target })
        assertTrue(
            report.configs
                .single()
                .replay!!
                .passed,
        )
        assertTrue(activity.isFinishing)
        assertEquals(0, app.fake.open)
    }

    @Test
    fun aDamagedBundleFailsTheRunInASentence() {
        val broken = embundle { name, bytes -> if (name == "labels.txt") null else bytes }
        start("run" to RUN, "bundle" to pushed(broken), "plan" to "quick")
        assertEquals("failed", status("state").content)
        assertEquals("bundle_refused", status("code").content)
        assertTrue(status("text").content, "labels.txt" in status("text").content)
        assertFalse(file("report.json").exists())
    }

    @Test
    fun anUnknownConfigurationIsNamed() {
        start("run" to RUN, "bundle" to pushed(), "configs" to "tflite-fp32:npu:float32")
        assertEquals("unknown_config", status("code").content)
    }

    @Test
    fun turningThePhoneDoesNotBeginTheRunAgain() {
        val intent = Intent(app, HeadlessActivity::class.java).putExtra("run", RUN).putExtra("bundle", pushed())
        val controller = Robolectric.buildActivity(HeadlessActivity::class.java, intent).setup()
        val activity = controller.get()
        RuntimeEnvironment.setQualifiers("+land")
        controller.configurationChange(app.resources.configuration)
        assertSame(activity, controller.get())
        app.runner.run()
        assertEquals("done", status("state").content)
        assertTrue(activity.isFinishing)
    }

    @Test
    fun afterTheProcessWasEndedTheRunIsNotBegunAgain() {
        val intent = Intent(app, HeadlessActivity::class.java).putExtra("run", RUN).putExtra("bundle", pushed())
        val controller = Robolectric.buildActivity(HeadlessActivity::class.java, intent)
        controller.create(Bundle()).start()
        app.runner.run()
        assertTrue(controller.get().isFinishing)
        assertFalse(AndroidPlatform.runsFolder(app).exists())
    }

    @Test
    fun inTheBackgroundTheRunIsStopped() {
        val intent = Intent(app, HeadlessActivity::class.java).putExtra("run", RUN).putExtra("bundle", pushed())
        val controller = Robolectric.buildActivity(HeadlessActivity::class.java, intent).setup()
        controller.pause().stop()
        app.runner.run()
        assertEquals("failed", status("state").content)
        assertEquals("aborted", status("code").content)
    }

    @Test
    fun withoutARunThereIsNoFileAndTheWindowSaysWhy() {
        val activity = start("bundle" to pushed())
        assertFalse(activity.isFinishing)
        assertTrue("run: give a UUID in lower case" in activity.window.decorView.texts())
        assertFalse(AndroidPlatform.runsFolder(app).exists())
    }

    private companion object {
        const val RUN = "0b9f6a2e-4b1d-4c8e-9a77-0d8a51f0c9e1"
    }
}
