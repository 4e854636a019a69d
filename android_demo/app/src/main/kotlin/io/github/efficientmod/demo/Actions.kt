package io.github.efficientmod.demo

import android.content.ClipData
import android.content.ClipboardManager
import android.content.Intent
import android.net.Uri
import io.github.efficientmod.core.Abort
import io.github.efficientmod.demo.files.Documents
import io.github.efficientmod.demo.files.ReportsProvider
import io.github.efficientmod.demo.screens.BundleActions
import io.github.efficientmod.demo.screens.CameraActions
import io.github.efficientmod.demo.screens.CameraControl
import io.github.efficientmod.demo.screens.MeasureActions
import io.github.efficientmod.demo.screens.ResultActions
import io.github.efficientmod.demo.screens.SelfCheckActions
import io.github.efficientmod.demo.screens.TryActions

/** What the screens' buttons do. */
class Actions(
    val activity: MainActivity,
    app: DemoApp,
) : BundleActions,
    TryActions,
    CameraActions,
    MeasureActions,
    ResultActions,
    SelfCheckActions {
    private val model = app.model
    private val documents = Documents(app)

    /** Set when the screens are made. */
    lateinit var camera: CameraControl

    /** The Self-check's text. */
    var checkText: () -> String = { "" }

    override fun openFile() =
        ask(OPEN_FILE, Intent(Intent.ACTION_OPEN_DOCUMENT).setType("*/*").addCategory(Intent.CATEGORY_OPENABLE))

    override fun openFolder() = ask(OPEN_FOLDER, Intent(Intent.ACTION_OPEN_DOCUMENT_TREE))

    override fun choosePhoto() =
        ask(PHOTO, Intent(Intent.ACTION_OPEN_DOCUMENT).setType("image/*").addCategory(Intent.CATEGORY_OPENABLE))

    @Suppress("DEPRECATION") // its successor is not a part of the framework
    private fun ask(
        request: Int,
        intent: Intent,
    ) = activity.startActivityForResult(intent, request)

    /** What came of a question. */
    fun chosen(
        request: Int,
        uri: Uri,
    ) {
        when (request) {
            OPEN_FILE -> import(uri)
            OPEN_FOLDER -> model.import(documents.folderName(uri)) { documents.folder(uri) }
            PHOTO -> model.tryPhoto { documents.read(uri) }
        }
    }

    /** Imports the archive that another app hands over. */
    fun import(uri: Uri) = model.import(documents.name(uri)) { documents.archive(uri) }

    override fun prove() = model.prove()

    override fun selfCheck() = activity.show(Screen.CHECK)

    override fun trySample(name: String) = model.trySample(name)

    override fun runAs(configuration: String) = model.runAs(configuration)

    override fun toBundle() = activity.show(Screen.BUNDLE)

    override fun cameraButton() = camera.model.button(::toBundle)

    override fun filmAs(configuration: String) = model.filmAs(configuration)

    override fun torch() = camera.model.torch()

    override fun flip() = camera.model.flip()

    override fun tick(
        configuration: String,
        on: Boolean,
    ) = model.tick(configuration, on)

    override fun plan(name: String) = model.plan(name)

    override fun measure() = model.measure()

    override fun abort() = model.interrupt(Abort.USER)

    override fun lastResult() = activity.show(Screen.RESULT)

    override fun shareReport() {
        val run = model.report?.runId ?: return
        activity.startActivity(ReportsProvider.share(activity, run))
    }

    override fun back() {
        activity.back()
    }

    override fun copyCheck() {
        val clipboard = activity.getSystemService(ClipboardManager::class.java)
        clipboard.setPrimaryClip(ClipData.newPlainText("EfficientMod", checkText()))
    }

    override fun shareCheck() {
        val send = Intent(Intent.ACTION_SEND).setType("text/plain").putExtra(Intent.EXTRA_TEXT, checkText())
        activity.startActivity(Intent.createChooser(send, null))
    }

    /** The questions to other apps. */
    companion object {
        const val OPEN_FILE = 1
        const val OPEN_FOLDER = 2
        const val PHOTO = 3
    }
}
