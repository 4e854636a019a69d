package io.github.efficientmod.demo

import android.app.Activity
import android.content.res.Configuration.ORIENTATION_LANDSCAPE
import android.view.ViewGroup
import android.widget.ImageView
import io.github.efficientmod.core.BundleException
import io.github.efficientmod.core.Condition
import io.github.efficientmod.core.Picture
import io.github.efficientmod.core.Problem
import io.github.efficientmod.core.Refusal
import io.github.efficientmod.core.RunStatus
import io.github.efficientmod.core.Thermal
import io.github.efficientmod.core.screens.AppState
import io.github.efficientmod.core.screens.Chosen
import io.github.efficientmod.core.screens.Filming
import io.github.efficientmod.core.screens.Guess
import io.github.efficientmod.core.screens.Importing
import io.github.efficientmod.core.screens.Meter
import io.github.efficientmod.core.screens.Now
import io.github.efficientmod.core.screens.Permission
import io.github.efficientmod.core.screens.Proving
import io.github.efficientmod.core.screens.Refused
import io.github.efficientmod.core.screens.RunStand
import io.github.efficientmod.core.screens.RuntimeCheck
import io.github.efficientmod.core.screens.Said
import io.github.efficientmod.core.screens.Texts
import io.github.efficientmod.core.screens.Tried
import io.github.efficientmod.core.screens.Trying
import io.github.efficientmod.core.screens.Wish
import io.github.efficientmod.core.screens.bundleState
import io.github.efficientmod.core.screens.cameraState
import io.github.efficientmod.core.screens.frameRotation
import io.github.efficientmod.core.screens.headlessState
import io.github.efficientmod.core.screens.measureState
import io.github.efficientmod.core.screens.previewShape
import io.github.efficientmod.core.screens.resultState
import io.github.efficientmod.core.screens.selfCheckState
import io.github.efficientmod.core.screens.tryState
import io.github.efficientmod.demo.ui.bitmap
import io.github.efficientmod.demo.ui.clipTo
import org.robolectric.Robolectric

/** A screen in a state; [scrolled] shows its end. */
class Shot(
    val name: String,
    val scrolled: Boolean = false,
    val open: (Texts) -> Activity,
)

private fun shot(
    name: String,
    screen: Screen,
    scrolled: Boolean = false,
    show: (Screens, Texts) -> Unit,
) = Shot(name, scrolled) { t ->
    Robolectric.buildActivity(MainActivity::class.java).setup().get().also {
        it.show(screen)
        show(it.screens, t)
    }
}

private fun headlessShot(
    name: String,
    status: RunStatus?,
    wrong: String? = null,
) = Shot("headless_$name") { t ->
    Robolectric.buildActivity(HeadlessActivity::class.java).setup().get().also {
        it.view.show(headlessState(t, status, wrong))
    }
}

private val RUNNING =
    RunStatus("1.0", "0b9f6a2e", RunStatus.State.RUNNING, "burst", CPU.name, 0.38, 47.0, "${CPU.name}: runs", null)

private val NOTHING = AppState()
private val OPEN = AppState(bundle(checkpoint = false), configurations = ALL)
private val COOL = Condition(0.0, Thermal.NONE, null, 27.4, false, false, null, true)
private val READY = Now(COOL, debugBuild = false, emulator = false)
private val HOT =
    Now(Condition(0.0, Thermal.MODERATE, null, 39.2, true, true, null, true), debugBuild = true, emulator = false)

private val GUESSES =
    listOf(
        Guess(723, "pinwheel", 0.6132),
        Guess(985, "daisy", 0.1874),
        Guess(308, "fly", 0.0421),
        Guess(309, "bee", 0.0208),
        Guess(322, "ringlet, ringlet butterfly", 0.0113),
    )

private fun photo(name: String): Picture =
    HostPhotos.decode(repository("export/efficientmod_export/parity/photos/$name.jpg").readBytes())

private fun crop(
    picture: Picture,
    side: Int,
): Picture {
    val top = (picture.height - side) / 2
    val left = (picture.width - side) / 2
    val rgb = ByteArray(side * side * 3)
    for (y in 0 until side) {
        picture.rgb.copyInto(
            rgb,
            y * side * 3,
            ((top + y) * picture.width + left) * 3,
            ((top + y) * picture.width + left + side) * 3,
        )
    }
    return Picture(side, side, rgb)
}

private val TRIED by lazy {
    Tried(
        Chosen("", isPhoto = true, isJpeg = true),
        CPU.name,
        crop(photo("flower"), 224),
        GUESSES,
        21_400_000,
        6_300_000,
        8_310_000,
    )
}

private fun filming(change: Filming.() -> Filming = { this }): Filming {
    val meter = (0 until 100).fold(Meter()) { meter, at -> meter.plus(at * 41_000_000L, 8_310_000L + at % 5 * 40_000) }
    return Filming(
        Permission.GIVEN,
        2,
        hasTorch = true,
        guesses = GUESSES,
        meter = meter,
        thermal = Thermal.NONE,
    ).change()
}

private fun bundleShot(
    name: String,
    app: AppState,
    scrolled: Boolean = false,
) = shot("bundle_$name", Screen.BUNDLE, scrolled) { screens, t -> screens.bundleView.show(bundleState(t, app)) }

private fun tryShot(
    name: String,
    app: AppState,
    trying: () -> Trying,
    scrolled: Boolean = false,
) = shot("try_$name", Screen.TRY, scrolled) { screens, t -> screens.tryView.show(tryState(t, app, trying())) }

private fun cameraShot(
    name: String,
    filming: Filming,
    scrolled: Boolean = false,
) = shot("camera_$name", Screen.CAMERA, scrolled) { screens, t ->
    val preview = ImageView(screens.cameraView.view.context)
    preview.setImageBitmap(photo("flower").bitmap())
    preview.scaleType = ImageView.ScaleType.CENTER_CROP
    preview.clipTo(30f)
    (screens.cameraView.preview.parent as ViewGroup).addView(preview, 1)
    val display = if (preview.resources.configuration.orientation == ORIENTATION_LANDSCAPE) 90 else 0
    screens.cameraView.shape = previewShape(PREPROCESSING, frameRotation(90, display, front = false), display)
    screens.cameraView.show(cameraState(t, provenApp(), filming))
}

private fun measureShot(
    name: String,
    app: AppState = provenApp(),
    wish: Wish = Wish(),
    now: Now = READY,
    stand: RunStand? = null,
    failed: Throwable? = null,
    scrolled: Boolean = false,
) = shot("measure_$name", Screen.MEASURE, scrolled) { screens, t ->
    screens.measureView.show(
        measureState(t, app, wish, now, stand, hasResult = failed == null && stand == null, failed),
    )
}

/** Every screen in every state. */
val SHOTS: List<Shot> =
    listOf(
        bundleShot("none", NOTHING),
        bundleShot("importing", NOTHING.copy(importing = Importing("efficientmod_xxs.embundle", 0.42))),
        bundleShot(
            "refused",
            NOTHING.copy(
                refused =
                    Refused(
                        "efficientmod_xxs.embundle",
                        BundleException(
                            "The bundle is damaged",
                            listOf(
                                Problem(Refusal.DIGEST_MISMATCH, "model.tflite", ""),
                                Problem(Refusal.MISSING_FILE, "golden/china.png", ""),
                            ),
                        ),
                    ),
            ),
        ),
        bundleShot("unproven", OPEN),
        bundleShot("proving", OPEN.copy(found = mapOf(CPU.name to found(CPU)), proving = Proving(GPU32.name, 1, 4))),
        bundleShot("proven", provenApp()),
        bundleShot("proven_end", provenApp(), scrolled = true),
        bundleShot("other_task", AppState(bundle(task = "segmentation"))),
        tryShot("no_bundle", NOTHING, { Trying() }),
        tryShot("unproven", OPEN, { Trying() }),
        tryShot("ready", provenApp(), { Trying() }),
        tryShot("answer", provenApp(), { Trying(TRIED.chosen, CPU.name, TRIED) }),
        tryShot(
            "answer_end",
            provenApp(checkpoint = false),
            { Trying(TRIED.chosen, CPU.name, TRIED) },
            scrolled = true,
        ),
        tryShot(
            "failed",
            provenApp(),
            { Trying(TRIED.chosen, failed = Said("try.no_picture")) },
        ),
        cameraShot("ask", filming { copy(permission = Permission.UNKNOWN) }),
        cameraShot("refused", filming { copy(permission = Permission.FOREVER) }),
        cameraShot("none", filming { copy(cameras = 0) }),
        cameraShot("running", filming()),
        cameraShot("waiting", filming { copy(guesses = emptyList(), meter = Meter(), thermal = null, torch = true) }),
        cameraShot("failed", filming { copy(failed = Said("camera.error", 4), guesses = emptyList()) }),
        measureShot("unproven", OPEN),
        measureShot("choice", scrolled = false),
        measureShot("choice_end", scrolled = true),
        measureShot("nothing_ticked", wish = Wish(emptySet(), "sustained"), now = HOT, scrolled = true),
        measureShot("running", stand = RunStand("burst", CPU.name, 0.38, 47.0)),
        measureShot("aborting", stand = RunStand("wait", XNNPACK.name, 0.71, 131.0, aborting = true), now = HOT),
        measureShot("failed", failed = Said("abort.background")),
        shot("result_measured", Screen.RESULT) { screens, t -> screens.resultView.show(resultState(t, report())) },
        shot(
            "result_measured_end",
            Screen.RESULT,
            scrolled = true,
        ) { screens, t -> screens.resultView.show(resultState(t, report())) },
        shot(
            "result_sustained",
            Screen.RESULT,
        ) { screens, t -> screens.resultView.show(resultState(t, report(sustained = true))) },
        shot(
            "result_void",
            Screen.RESULT,
        ) { screens, t -> screens.resultView.show(resultState(t, report(debug = true))) },
        headlessShot("running", RUNNING),
        headlessShot("failed", null, "run: give a UUID in lower case"),
        shot("check_fine", Screen.CHECK) { screens, t ->
            val runtimes =
                listOf(
                    RuntimeCheck("LiteRT", "2.3.2", listOf("CPU", "GPU"), null),
                    RuntimeCheck("ExecuTorch", "1.4.1", listOf("XnnpackBackend"), null),
                )
            screens.checkView.show(selfCheckState(t, facts(), runtimes, provenApp()))
        },
        shot("check_failing", Screen.CHECK) { screens, t ->
            val failed = "UnsatisfiedLinkError: dlopen failed: library \"liblitert_jni.so\" not found"
            val runtimes = listOf(RuntimeCheck("LiteRT", "2.3.2", emptyList(), failed))
            screens.checkView.show(selfCheckState(t, facts(debug = true), runtimes, NOTHING))
        },
    )

/** In which windows a shot is taken beside the phone by day in English. */
val MORE: Map<Device, Set<String>> =
    mapOf(
        Device.PHONE_NIGHT_DE to
            setOf(
                "bundle_none",
                "bundle_proving",
                "bundle_proven",
                "try_answer",
                "camera_running",
                "measure_choice",
                "measure_running",
                "result_sustained",
                "result_void",
                "headless_running",
                "check_fine",
            ),
        Device.PHONE_LARGE_FONT_DE to
            setOf(
                "bundle_none",
                "bundle_proven",
                "bundle_refused",
                "try_answer",
                "try_answer_end",
                "camera_running",
                "camera_ask",
                "measure_choice",
                "measure_nothing_ticked",
                "measure_running",
                "result_measured",
                "result_sustained",
                "headless_failed",
                "check_failing",
            ),
        Device.PHONE_LANDSCAPE to setOf("bundle_proven", "camera_running", "measure_running"),
        Device.TABLET_NIGHT to
            setOf(
                "bundle_none",
                "bundle_proven",
                "try_answer",
                "camera_running",
                "measure_choice",
                "result_measured",
                "headless_running",
            ),
        Device.TABLET_DE to setOf("bundle_unproven", "try_ready", "camera_waiting", "result_sustained", "check_fine"),
    )

private fun facts(debug: Boolean = false) =
    io.github.efficientmod.core.DeviceFacts(
        app =
            io.github.efficientmod.core
                .AppFacts("io.github.efficientmod.demo", "0.1.0", debug, "android"),
        manufacturer = "Google",
        model = "Pixel 9",
        hardware = "zumapro",
        soc = "Tensor G4",
        os = "Android",
        osVersion = "16",
        osBuild = "google/tokay/tokay:16/BP2A.250605.031",
        abi = "arm64-v8a",
        cores = 8,
        cpuMaxKhz = List(4) { 1_950_000 } + List(3) { 2_600_000 } + 3_105_000,
        ramBytes = 12_000_000_000,
        pageSizeBytes = 16384,
    )
