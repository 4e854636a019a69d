package io.github.efficientmod.core.screens

import io.github.efficientmod.core.RunStatus

/** The window of a run that a laptop started. */
data class HeadlessState(
    val title: String,
    val step: String,
    val about: String,
    val fraction: Double,
    val banner: Banner?,
    val note: String,
)

/** What the window shows of a [status], null before the first; [wrong] is what keeps the run from having a status. */
fun headlessState(
    t: Texts,
    status: RunStatus?,
    wrong: String? = null,
): HeadlessState {
    val why = wrong ?: status?.text?.takeIf { status.state == RunStatus.State.FAILED }
    return HeadlessState(
        title = t("headless.title"),
        step = t("phase.${status?.step ?: "import"}"),
        about = status?.config.orEmpty(),
        fraction = status?.fraction ?: 0.0,
        banner = why?.let { Banner(t("measure.failed"), listOf(it), Tone.BAD) },
        note = t("measure.keep_open"),
    )
}
