package io.github.efficientmod.core.screens

import io.github.efficientmod.core.SEEDED_STATEMENT
import io.github.efficientmod.core.Thermal
import io.github.efficientmod.core.percentiles

private const val SHOWN = 3
private const val NANOS_PER_S = 1e9

/** The Camera screen: the live picture with what the network says of it. */
data class CameraState(
    val title: String,
    val empty: Empty?,
    val running: Boolean,
    val banner: Banner?,
    val hint: String,
    val configurations: List<Choice>,
    val answers: List<Answer>,
    val waiting: String?,
    val tiles: List<Fact>,
    val notes: List<String>,
    val torch: Switch?,
    val flip: String?,
)

/** Something that is on or off, with what it says of itself. */
data class Switch(
    val on: Boolean,
    val says: String,
)

/** Whether the camera may be used: not asked yet, given, or refused ([FOREVER]: the system asks no more). */
enum class Permission { UNKNOWN, GIVEN, REFUSED, FOREVER }

/** What goes on with the camera. */
data class Filming(
    val permission: Permission = Permission.UNKNOWN,
    val cameras: Int = 0,
    val hasTorch: Boolean = false,
    val torch: Boolean = false,
    val configuration: String? = null,
    val failed: Throwable? = null,
    val meter: Meter = Meter(),
    val guesses: List<Guess> = emptyList(),
    val thermal: Thermal? = null,
)

/** The last [KEPT] frames that the network ran on: when each was done, and how long the run took, in ns. */
data class Meter(
    private val doneNanos: List<Long> = emptyList(),
    private val runNanos: List<Long> = emptyList(),
) {
    /** With one more frame. */
    fun plus(
        done: Long,
        run: Long,
    ): Meter = Meter((doneNanos + done).takeLast(KEPT), (runNanos + run).takeLast(KEPT))

    /** The median of the runs in ms; null before the first. */
    val p50Ms: Double? get() = if (runNanos.isEmpty()) null else percentiles(runNanos.toLongArray()).p50Ms

    /** Frames a second; null before the second. */
    val framesPerSecond: Double?
        get() {
            val nanos = (doneNanos.lastOrNull() ?: return null) - doneNanos.first()
            return if (nanos == 0L) null else (doneNanos.size - 1) * NANOS_PER_S / nanos
        }

    /** How many frames count. */
    companion object {
        /** Of the median and of the frames a second. */
        const val KEPT = 100
    }
}

/** What the Camera screen shows. */
fun cameraState(
    t: Texts,
    app: AppState,
    filming: Filming,
): CameraState {
    val empty = provenFirst(t, app) ?: noCamera(t, filming)
    val bundle = app.bundle
    val running = empty == null && filming.failed == null
    return CameraState(
        title = t("camera.title"),
        empty = empty,
        running = running,
        banner = filming.failed?.let { Banner(t("camera.failed"), why(t, it), Tone.BAD) },
        hint = t("camera.hint"),
        configurations = choices(t, app, filming.configuration),
        answers = answers(t, filming.guesses, SHOWN),
        waiting = if (filming.guesses.isEmpty() && running) t("camera.waiting") else null,
        tiles = tiles(t, filming),
        notes =
            listOfNotNull(
                t("try.seeded").takeIf {
                    bundle
                        ?.manifest
                        ?.model
                        ?.weights
                        ?.statement == SEEDED_STATEMENT
                },
            ),
        torch =
            if (filming.hasTorch) {
                Switch(
                    filming.torch,
                    t(if (filming.torch) "camera.torch_off" else "camera.torch_on"),
                )
            } else {
                null
            },
        flip = if (filming.cameras > 1) t("camera.flip") else null,
    )
}

private fun noCamera(
    t: Texts,
    filming: Filming,
): Empty? =
    when (filming.permission) {
        Permission.UNKNOWN -> {
            Empty(t("camera.ask_title"), t("camera.ask"), Button(t("camera.allow")))
        }

        Permission.REFUSED -> {
            Empty(t("camera.refused_title"), t("camera.ask"), Button(t("camera.allow")))
        }

        Permission.FOREVER -> {
            Empty(t("camera.refused_title"), t("camera.settings_text"), Button(t("camera.settings")))
        }

        Permission.GIVEN -> {
            if (filming.cameras == 0) Empty(t("camera.none_title"), t("camera.none"), null) else null
        }
    }

private fun tiles(
    t: Texts,
    filming: Filming,
): List<Fact> =
    listOf(
        Fact(t("camera.p50"), filming.meter.p50Ms?.let { t.ms(it) } ?: "–"),
        Fact(t("camera.fps"), filming.meter.framesPerSecond?.let { t.number(it, 1) } ?: "–"),
        Fact(t("condition.thermal"), filming.thermal?.let { thermalName(t, it) } ?: "–"),
    )
