package io.github.efficientmod.demo

import android.view.View
import io.github.efficientmod.core.Condition
import io.github.efficientmod.core.Thermal
import io.github.efficientmod.core.isEmulator
import io.github.efficientmod.core.screens.Now
import io.github.efficientmod.core.screens.RuntimeCheck
import io.github.efficientmod.core.screens.Texts
import io.github.efficientmod.core.screens.bundleState
import io.github.efficientmod.core.screens.cameraState
import io.github.efficientmod.core.screens.measureState
import io.github.efficientmod.core.screens.resultState
import io.github.efficientmod.core.screens.selfCheckState
import io.github.efficientmod.core.screens.tryState
import io.github.efficientmod.demo.screens.BundleView
import io.github.efficientmod.demo.screens.CameraControl
import io.github.efficientmod.demo.screens.CameraView
import io.github.efficientmod.demo.screens.MeasureView
import io.github.efficientmod.demo.screens.ResultView
import io.github.efficientmod.demo.screens.SelfCheckView
import io.github.efficientmod.demo.screens.TryView
import io.github.efficientmod.demo.ui.Kit

/** The views of all screens, and the step from the model to what they show. */
class Screens(
    kit: Kit,
    private val t: Texts,
    private val app: DemoApp,
    private val actions: Actions,
) {
    private val model = app.model
    private val device by lazy { app.platform.device.facts() }
    private var checks = emptyList<RuntimeCheck>()
    internal val bundleView = BundleView(kit, actions)
    internal val tryView = TryView(kit, actions)
    internal val cameraView = CameraView(kit, actions)
    internal val measureView = MeasureView(kit, actions)
    internal val resultView = ResultView(kit, t("back"), actions)
    internal val checkView = SelfCheckView(kit, t("back"), actions)

    /** What the camera does. */
    val camera = CameraControl(actions.activity, cameraView, model)

    init {
        actions.camera = camera
        actions.checkText = { check(t).text }
    }

    /** The view of a screen. */
    fun view(screen: Screen): View =
        when (screen) {
            Screen.BUNDLE -> bundleView.view
            Screen.TRY -> tryView.view
            Screen.CAMERA -> cameraView.view
            Screen.MEASURE -> measureView.view
            Screen.RESULT -> resultView.view
            Screen.CHECK -> checkView.view
        }

    /** Shows what the model knows now. */
    fun render(screen: Screen) {
        when (screen) {
            Screen.BUNDLE -> bundleView.show(bundleState(t, model.app))
            Screen.TRY -> tryView.show(tryState(t, model.app, model.trying))
            Screen.CAMERA -> cameraView.show(cameraState(t, model.app, model.filming.copy(thermal = thermal())))
            Screen.MEASURE -> measureView.show(measure())
            Screen.RESULT -> model.report?.let { resultView.show(resultState(t, it)) }
            Screen.CHECK -> checkView.show(check(t))
        }
    }

    /** Asks the runtimes what they have, on their thread. */
    fun check() {
        app.threads.runner.execute {
            val found = app.checks()
            app.threads.main.execute {
                checks = found
                model.changed()
            }
        }
    }

    private fun check(t: Texts) = selfCheckState(t, device, checks, model.app)

    private fun measure() =
        measureState(t, model.app, model.wish, now(), model.run, model.report != null, model.measureFailed)

    private fun now() = Now(condition(), device.app.debug, device.isEmulator())

    private fun thermal(): Thermal? =
        app.platform.thermals
            .status()
            ?.let { Thermal.entries[it] }

    private fun condition(): Condition {
        val power = app.platform.power
        return Condition(
            atS = 0.0,
            thermal = thermal(),
            headroom = null,
            batteryC = power.batteryTenths()?.let { it / 10.0 },
            charging = power.charging(),
            powerSaver = power.powerSaver(),
            brightness = null,
            foreground = true,
        )
    }
}
