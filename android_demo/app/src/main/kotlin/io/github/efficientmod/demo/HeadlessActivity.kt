package io.github.efficientmod.demo

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.os.PowerManager
import android.view.Gravity
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.view.WindowManager
import android.widget.FrameLayout
import android.widget.TextView
import io.github.efficientmod.core.Abort
import io.github.efficientmod.core.ArgumentException
import io.github.efficientmod.core.FolderSource
import io.github.efficientmod.core.Headless
import io.github.efficientmod.core.Interruption
import io.github.efficientmod.core.ZipSource
import io.github.efficientmod.core.screens.Texts
import io.github.efficientmod.demo.ui.Kit
import io.github.efficientmod.demo.ui.Style
import java.nio.file.Files
import java.nio.file.Path

/**
 * A run that a laptop starts over adb: docs/phone_report.md, "A run from the laptop", has the extras and the files. It
 * stays in the foreground with the screen on, and ends when the run does.
 */
class HeadlessActivity : Activity() {
    private val app get() = application as DemoApp
    private var interruption = Interruption()
    private lateinit var doing: TextView

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        window.addFlags(
            WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON,
        )
        val kit = Kit(this)
        val t = Texts.of(resources.configuration.locales[0].language)
        doing = kit.text("", Style.SMALL)
        val card =
            kit.card(
                12,
                kit.text(t("headless.title"), Style.HEADING),
                doing,
                kit.text(t("measure.keep_open"), Style.SMALL),
            )
        val place = FrameLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT, Gravity.CENTER)
        place.setMargins(kit.dp(24), kit.dp(24), kit.dp(24), kit.dp(24))
        setContentView(FrameLayout(this).apply { addView(card, place) })
        begin(intent)
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        interruption.raise(Abort.USER)
        begin(intent)
    }

    private fun begin(intent: Intent) {
        val mine = Interruption()
        interruption = mine
        val extras = intent.extras
        val arguments =
            extras
                ?.keySet()
                .orEmpty()
                .mapNotNull { key ->
                    extras?.getString(key)?.let { key to it }
                }.toMap()
        val headless = Headless(app.runtimes, app.decoder, app.platform, mine, ::import, ::told)
        app.threads.runner.execute {
            val ended = runCatching { headless.run(arguments) }
            val wrong = ended.exceptionOrNull() as? ArgumentException
            app.threads.main.execute {
                if (wrong == null &&
                    interruption === mine
                ) {
                    finish()
                } else {
                    told(wrong?.message.orEmpty())
                }
            }
        }
    }

    /** The same import as by hand, of a file or a folder. */
    private fun import(path: Path) =
        (if (Files.isDirectory(path)) FolderSource(path) else ZipSource(path.toFile())).use { app.bundles.import(it) }

    private fun told(line: String) = app.threads.main.execute { doing.text = line }

    override fun onStop() {
        super.onStop()
        val on = getSystemService(PowerManager::class.java).isInteractive
        if (!isChangingConfigurations &&
            !isFinishing
        ) {
            interruption.raise(if (on) Abort.BACKGROUND else Abort.SCREEN_OFF)
        }
    }
}
