package io.github.efficientmod.demo

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.os.PowerManager
import android.view.WindowManager
import io.github.efficientmod.core.Abort
import io.github.efficientmod.core.FolderSource
import io.github.efficientmod.core.Headless
import io.github.efficientmod.core.Interruption
import io.github.efficientmod.core.RunStatus
import io.github.efficientmod.core.ZipSource
import io.github.efficientmod.core.screens.Texts
import io.github.efficientmod.core.screens.headlessState
import io.github.efficientmod.demo.screens.HeadlessView
import io.github.efficientmod.demo.ui.Kit
import io.github.efficientmod.demo.ui.drawBehindBars
import java.nio.file.Files
import java.nio.file.Path

/**
 * A run that a laptop starts over adb: docs/phone_report.md, "A run from the laptop", has the extras and the files. It
 * stays in the foreground with the screen on, and ends when the run does.
 */
class HeadlessActivity : Activity() {
    private val app get() = application as DemoApp
    private var interruption = Interruption()
    internal lateinit var view: HeadlessView
        private set
    private lateinit var texts: Texts

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        texts = Texts.of(resources.configuration.locales[0].language)
        view = HeadlessView(Kit(this))
        setContentView(view.view)
        drawBehindBars() // after the content: the window has no controller before
        if (state == null) begin(intent) else finish() // the process was ended, and with it the run
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        interruption.raise(Abort.USER)
        begin(intent)
    }

    private fun begin(intent: Intent) {
        val mine = Interruption()
        interruption = mine
        val extras = intent.extras ?: Bundle.EMPTY
        val arguments = extras.keySet().mapNotNull { key -> extras.getString(key)?.let { key to it } }.toMap()
        view.show(headlessState(texts, null))
        val headless = Headless(app.runtimes, app.decoder, app.platform, mine, ::import, ::told)
        app.threads.runner.execute {
            val wrong = runCatching { headless.run(arguments) }.exceptionOrNull()
            app.threads.main.execute { ended(mine, wrong) }
        }
    }

    /** A newer run goes on in this window; and what has no status file is told here. */
    private fun ended(
        run: Interruption,
        wrong: Throwable?,
    ) {
        if (run !== interruption) return
        if (wrong == null) finish() else view.show(headlessState(texts, null, wrong.message.orEmpty()))
    }

    /** The same import as by hand, of a file or a folder. */
    private fun import(path: Path) =
        (if (Files.isDirectory(path)) FolderSource(path) else ZipSource(path.toFile())).use { app.bundles.import(it) }

    private fun told(status: RunStatus) = app.threads.main.execute { view.show(headlessState(texts, status)) }

    override fun onStop() {
        super.onStop()
        val on = getSystemService(PowerManager::class.java).isInteractive
        if (isChangingConfigurations || isFinishing) return
        interruption.raise(if (on) Abort.BACKGROUND else Abort.SCREEN_OFF)
    }
}
