package io.github.efficientmod.demo

import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.view.WindowManager
import android.widget.TextView
import io.github.efficientmod.core.ConfigState
import io.github.efficientmod.core.screens.AppModel
import io.github.efficientmod.core.screens.Storage
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** From an intent to a report, through the real window, with a fake runtime. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [36], application = TestApp::class, qualifiers = "en-w411dp-h891dp-xhdpi")
class FlowTest {
    private val app = RuntimeEnvironment.getApplication() as TestApp
    private val model get() = app.model
    private lateinit var controller: ActivityController<MainActivity>
    private val activity get() = controller.get()

    @After
    fun onlyTheLiveSessionIsOpen() = assertTrue("${app.fake.open} sessions are open", app.fake.open <= 1)

    private fun start(
        action: String = Intent.ACTION_MAIN,
        content: ByteArray? = null,
        saved: Bundle? = null,
    ) {
        val uri = Uri.parse("content://files/out.embundle")
        content?.let { shadowOf(app.contentResolver).registerInputStream(uri, it.inputStream()) }
        val intent = Intent(app, MainActivity::class.java).setAction(action)
        if (action == Intent.ACTION_VIEW) intent.data = uri
        if (action == Intent.ACTION_SEND) intent.putExtra(Intent.EXTRA_STREAM, uri)
        controller = Robolectric.buildActivity(MainActivity::class.java, intent)
        if (saved == null) controller.setup() else controller.setup(saved)
        app.files.run()
        activity.settle()
    }

    private fun open() = start(Intent.ACTION_VIEW, embundle())

    private fun proven() {
        open()
        touch("Prove on this phone")
        app.runner.run()
        activity.settle()
    }

    private fun texts() = activity.window.decorView.texts()

    private fun find(
        text: String,
        view: View = activity.window.decorView,
    ): View? =
        when {
            view is TextView && view.text.toString() == text -> view
            view.contentDescription == text -> view
            view is ViewGroup -> (0 until view.childCount).firstNotNullOfOrNull { find(text, view.getChildAt(it)) }
            else -> null
        }

    private fun touch(text: String) {
        val view = checkNotNull(find(text)) { "no '$text' on the screen: ${texts()}" }
        val target = generateSequence(view) { it.parent as? View }.first { it.hasOnClickListeners() }
        assertTrue("'$text' cannot be touched", target.isEnabled && target.performClick())
        shadowOf(Looper.getMainLooper()).idle()
        activity.settle()
    }

    private fun shows(part: String) = assertTrue("no '$part' on the screen: ${texts()}", texts().any { part in it })

    private fun showsNo(part: String) = assertFalse("'$part' on the screen: ${texts()}", texts().any { part in it })

    @Test
    fun aFileFromAnotherAppIsImported() {
        open()
        shows("tiny")
        shows("as written")
        shows("Seeded weights")
        shows("Not proven yet")
    }

    @Test
    fun aSharedFileIsImported() {
        start(Intent.ACTION_SEND, embundle())
        shows("tiny")
    }

    @Test
    fun aDamagedFileIsRefusedWithItsProblemAndNothingStays() {
        start(
            Intent.ACTION_VIEW,
            embundle { name, bytes ->
                if (name ==
                    "model.tflite"
                ) {
                    bytes.reversedArray()
                } else {
                    bytes
                }
            },
        )
        shows("out.embundle was not imported")
        shows("model.tflite does not have the SHA-256 that the manifest states.")
        assertNull(model.app.bundle)
        assertEquals(
            emptyList<String>(),
            app.filesDir
                .resolve("bundles")
                .list()
                .orEmpty()
                .toList(),
        )
        assertEquals(
            emptyList<String>(),
            app.cacheDir
                .list {
                    _,
                    name,
                    ->
                    name.endsWith(".embundle")
                }.orEmpty()
                .toList(),
        )
    }

    @Test
    fun whatIsNoArchiveIsRefused() {
        start(Intent.ACTION_VIEW, "a text".toByteArray())
        shows("was not imported")
        shows("Make it with efficientmod pack.")
    }

    @Test
    fun aFolderIsImported() {
        start()
        Robolectric.setupContentProvider(FolderProvider::class.java, FolderProvider.AUTHORITY)
        touch("Open a folder")
        assertEquals(Intent.ACTION_OPEN_DOCUMENT_TREE, shadowOf(activity).nextStartedActivityForResult.intent.action)
        val tree = Uri.parse("content://${FolderProvider.AUTHORITY}/tree/out")
        shadowOf(activity).receiveResult(
            Intent(Intent.ACTION_OPEN_DOCUMENT_TREE),
            android.app.Activity.RESULT_OK,
            Intent().setData(tree),
        )
        app.files.run()
        activity.settle()
        shows("tiny")
    }

    @Test
    fun noTimeIsShownBeforeTheProof() {
        open()
        for (tab in listOf("Try", "Camera", "Measure")) {
            touch(tab)
            shows("Not proven yet")
            showsNo("\u202Fms")
            touch("Go to the bundle")
        }
    }

    @Test
    fun everyConfigurationIsProven() {
        proven()
        assertEquals(model.app.configurations, model.app.proven)
        shows("2 of 2 pictures right")
        showsNo("Not proven yet")
    }

    @Test
    fun wrongOutputsFailAndAreNotMeasured() {
        app.fake.wrong = 0.5f
        proven()
        shows("the limit is 0.999")
        touch("Measure")
        shows("Not proven yet")
    }

    @Test
    fun aUnitThatRefusesSaysWhyAndCannotBeTicked() {
        app.fake.refuses = "gpu"
        proven()
        shows("3 operators stay outside the GPU")
        touch("Measure")
        val refused = model.app.configurations.first { it.unit == "gpu" }
        assertFalse(refused in model.app.proven)
        assertFalse(
            checkNotNull(find("GPU, float16"))
                .let {
                    generateSequence(it) { view -> view.parent as? View }.first { v ->
                        v.hasOnClickListeners()
                    }
                }.isEnabled,
        )
    }

    @Test
    fun aSampleIsTried() {
        proven()
        touch("Try")
        touch("tall")
        app.runner.run()
        activity.settle()
        shows("What the network saw: 16 × 24 pixels")
        shows("The weights are seeded: the classes mean nothing.")
        assertEquals(
            5,
            model.trying.tried
                ?.guesses
                ?.size,
        )
    }

    @Test
    fun aPhotoThatIsNoneSaysSo() {
        proven()
        touch("Try")
        model.tryPhoto { "no picture".toByteArray() }
        app.runner.run()
        activity.settle()
        shows("This picture gave no answer")
    }

    @Test
    fun aRunEndsInAResultThatCanBeShared() {
        proven()
        touch("Measure")
        touch("Measure 2 configurations")
        assertTrue(activity.window.attributes.flags and WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON != 0)
        shows("Proving the outputs")
        app.runner.run()
        activity.settle()
        assertEquals(Screen.RESULT, activity.screen)
        assertEquals(0, activity.window.attributes.flags and WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        val configs = model.report!!.configs
        assertTrue(configs.all { it.state in setOf(ConfigState.VOID, ConfigState.MEASURED) && it.latency != null })
        shows("median")
        touch("Share the report")
        val chooser = shadowOf(activity).nextStartedActivity
        assertEquals(Intent.ACTION_CHOOSER, chooser.action)
    }

    @Test
    fun aRunSurvivesRotationAndIsNotStoppedByIt() {
        proven()
        touch("Measure")
        touch("Measure 2 configurations")
        RuntimeEnvironment.setQualifiers("+land")
        controller.configurationChange(app.resources.configuration)
        assertEquals(Screen.MEASURE, activity.screen)
        assertFalse(checkNotNull(model.run).aborting)
        app.runner.run()
        activity.settle()
        assertEquals(Screen.RESULT, activity.screen)
    }

    @Test
    fun aRunIsStoppedInTheBackground() {
        proven()
        touch("Measure")
        touch("Measure 2 configurations")
        controller.pause().stop()
        assertTrue(checkNotNull(model.run).aborting)
        app.runner.run()
        controller.start().resume()
        assertNull(model.run)
        assertTrue(model.report == null || model.report!!.configs.none { it.state == ConfigState.MEASURED })
    }

    @Test
    fun aRunIsAborted() {
        proven()
        touch("Measure")
        touch("Measure 2 configurations")
        touch("Abort")
        app.runner.run()
        activity.settle()
        shows("The run gave no report")
        shows("The run was ended by hand.")
    }

    @Test
    fun afterTheProcessEndedTheBundleAndItsProofsAreThere() {
        proven()
        touch("Measure")
        val saved = Bundle()
        controller
            .saveInstanceState(saved)
            .pause()
            .stop()
            .destroy()
        val again =
            AppModel(
                app.platform,
                app.runtimes,
                HostPhotos,
                app.bundles,
                Storage(app.filesDir.toPath().resolve("model")),
                app.threads,
            )
        assertEquals(model.app.bundle?.sha256, again.app.bundle?.sha256)
        assertEquals(model.app.configurations, again.app.proven)
        start(saved = saved)
        assertEquals(Screen.MEASURE, activity.screen)
    }

    @Test
    fun backLeadsToWhereAScreenWasReachedFrom() {
        open()
        touch("Self-check")
        assertEquals(Screen.CHECK, activity.screen)
        app.runner.run()
        activity.settle()
        shows("LiteRT 2.3.2")
        assertTrue(activity.back())
        assertEquals(Screen.BUNDLE, activity.screen)
        assertFalse(activity.back())
    }

    @Test
    fun theSelfChecksTextIsCopied() {
        open()
        touch("Self-check")
        app.runner.run()
        touch("Copy the text")
        val clip = app.getSystemService(android.content.ClipboardManager::class.java).primaryClip!!
        val text = clip.getItemAt(0).text.toString()
        assertTrue(text, "LiteRT 2.3.2: CPU, GPU" in text && "tiny" in text)
    }
}
