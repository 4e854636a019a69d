package io.github.efficientmod.demo

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.os.Handler
import android.os.PowerManager
import android.view.View
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.view.WindowManager
import android.widget.FrameLayout
import android.widget.LinearLayout
import io.github.efficientmod.core.Abort
import io.github.efficientmod.core.screens.Texts
import io.github.efficientmod.demo.files.Documents
import io.github.efficientmod.demo.ui.Kit
import io.github.efficientmod.demo.ui.NavigationBar
import io.github.efficientmod.demo.ui.Place
import io.github.efficientmod.demo.ui.drawBehindBars
import io.github.efficientmod.demo.ui.isWide
import io.github.efficientmod.demo.ui.onCovered

/** The screens that there are; the last two are reached from others. */
enum class Screen { BUNDLE, TRY, CAMERA, MEASURE, RESULT, CHECK }

/** The app's window: a bar of four, and a screen. What the screens show is the model's, which outlives the window. */
class MainActivity : Activity() {
    private val app get() = application as DemoApp
    private val model get() = app.model
    private val ticker by lazy { Handler(mainLooper) }
    internal lateinit var screens: Screens
        private set
    private lateinit var bar: NavigationBar
    private lateinit var content: FrameLayout
    private lateinit var actions: Actions

    /** What the system covers below a screen that no bar keeps clear of it. */
    private var below = 0

    /** What is shown. */
    var screen = Screen.BUNDLE
        private set

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        val kit = Kit(this)
        val texts = Texts.of(resources.configuration.locales[0].language)
        actions = Actions(this, app)
        screens = Screens(kit, texts, app, actions)
        bar = NavigationBar(kit, places(texts), isWide()) { show(Screen.valueOf(it)) }
        setContentView(window(kit))
        drawBehindBars() // after the content: the window has no controller before
        BackHandling.register(this)
        model.changed = ::render
        model.finished = { show(Screen.RESULT) }
        show(state?.getString(SCREEN)?.let { Screen.valueOf(it) } ?: Screen.BUNDLE)
        if (state == null) open(intent)
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        open(intent)
    }

    private fun open(intent: Intent?) {
        val uri = Documents.handedOver(intent) ?: return
        show(Screen.BUNDLE)
        actions.import(uri)
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        state.putString(SCREEN, screen.name)
    }

    override fun onStart() {
        super.onStart()
        tick()
        if (screen == Screen.CAMERA) screens.camera.model.show()
    }

    override fun onStop() {
        super.onStop()
        ticker.removeCallbacksAndMessages(null)
        screens.camera.model.hide()
        val on = getSystemService(PowerManager::class.java).isInteractive
        if (!isChangingConfigurations) model.interrupt(if (on) Abort.BACKGROUND else Abort.SCREEN_OFF)
    }

    override fun onDestroy() {
        super.onDestroy()
        model.changed = {}
        model.finished = {}
    }

    override fun onLowMemory() {
        super.onLowMemory()
        model.interrupt(Abort.MEMORY)
    }

    @Deprecated("Android 12 and older call it")
    override fun onBackPressed() {
        if (!back()) {
            @Suppress("DEPRECATION")
            super.onBackPressed()
        }
    }

    /** Leads to where the screen was reached from; false where it is at the beginning. */
    fun back(): Boolean {
        val parent =
            when (screen) {
                Screen.BUNDLE -> return false
                Screen.RESULT -> Screen.MEASURE
                else -> Screen.BUNDLE
            }
        show(parent)
        return true
    }

    /** Shows a screen. */
    fun show(next: Screen) {
        if (screen == Screen.CAMERA && next != Screen.CAMERA) screens.camera.model.hide()
        screen = next
        bar.show(next.place.name)
        content.removeAllViews()
        screens.view(next).setPadding(0, 0, 0, below)
        content.addView(screens.view(next), FrameLayout.LayoutParams(MATCH_PARENT, MATCH_PARENT))
        BackHandling.update(this, next != Screen.BUNDLE)
        render()
        if (next == Screen.CAMERA) screens.camera.model.show()
        if (next == Screen.CHECK) screens.check()
    }

    private fun render() {
        if (model.run != null) {
            window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        } else {
            window.clearFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        }
        screens.render(screen)
    }

    /** The conditions and the clock of a run change by themselves; once a second is enough, and disturbs no timing. */
    private fun tick() {
        model.tickClock()
        if (screen == Screen.MEASURE || screen == Screen.CAMERA) render()
        ticker.postDelayed(::tick, TICK_MS)
    }

    @Suppress("DEPRECATION", "OVERRIDE_DEPRECATION") // its successor is not a part of the framework
    override fun onActivityResult(
        request: Int,
        result: Int,
        data: Intent?,
    ) {
        super.onActivityResult(request, result, data)
        if (result == RESULT_OK) actions.chosen(request, data?.data ?: return)
    }

    override fun onRequestPermissionsResult(
        request: Int,
        permissions: Array<String>,
        results: IntArray,
    ) {
        super.onRequestPermissionsResult(request, permissions, results)
        screens.camera.answered()
    }

    private fun places(t: Texts): List<Place> =
        listOf(
            Place(Screen.BUNDLE.name, t("tab.bundle"), R.drawable.ic_bundle),
            Place(Screen.TRY.name, t("tab.try"), R.drawable.ic_photo),
            Place(Screen.CAMERA.name, t("tab.camera"), R.drawable.ic_camera),
            Place(Screen.MEASURE.name, t("tab.measure"), R.drawable.ic_measure),
        )

    /** The window's views. It is drawn edge to edge: bar and content keep clear of what the system covers. */
    private fun window(kit: Kit): View {
        content = FrameLayout(this)
        val root = LinearLayout(this)
        root.orientation = if (isWide()) LinearLayout.HORIZONTAL else LinearLayout.VERTICAL
        if (isWide()) {
            root.addView(bar.view, LinearLayout.LayoutParams(kit.dp(RAIL_DP * fontRoom()), MATCH_PARENT))
            root.addView(content, LinearLayout.LayoutParams(0, MATCH_PARENT, 1f))
        } else {
            root.addView(content, LinearLayout.LayoutParams(MATCH_PARENT, 0, 1f))
            root.addView(bar.view, LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT))
        }
        root.onCovered {
            if (isWide()) {
                bar.view.setPadding(it.left, it.top, 0, it.bottom)
                content.setPadding(0, it.top, it.right, 0)
                below = it.bottom
                content.getChildAt(0)?.setPadding(0, 0, 0, below)
                bar.view.layoutParams.width = kit.dp(RAIL_DP * fontRoom()) + it.left
            } else {
                bar.view.setPadding(it.left, 0, it.right, it.bottom)
                content.setPadding(it.left, it.top, it.right, 0)
            }
        }
        return root
    }

    /** A larger font needs a wider bar at the side. */
    private fun fontRoom() = resources.configuration.fontScale.coerceIn(1f, 1.6f)

    private companion object {
        const val SCREEN = "screen"
        const val TICK_MS = 1000L
        const val RAIL_DP = 104
    }
}

/** The place of the bar under which a screen lies. */
private val Screen.place: Screen
    get() =
        when (this) {
            Screen.RESULT -> Screen.MEASURE
            Screen.CHECK -> Screen.BUNDLE
            else -> this
        }
