package io.github.efficientmod.core.screens

import io.github.efficientmod.core.ReportedCamera
import io.github.efficientmod.core.ReportedConfiguration
import io.github.efficientmod.core.spread

/**
 * The frames since the camera was opened, for the report: [since] is when the first one came, [until] when the last one
 * was answered, and the times in ns are of the last [KEPT] frames.
 */
internal data class FilmLog(
    private val configuration: String? = null,
    private val since: Long = 0,
    private val until: Long = 0,
    private val frames: Int = 0,
    private val preprocessNanos: List<Long> = emptyList(),
    private val endToEndNanos: List<Long> = emptyList(),
) {
    /** With a frame of [ran] that came at [arrived] and was answered at [done]; it begins anew for another configuration. */
    fun plus(
        ran: String,
        arrived: Long,
        preprocess: Long,
        done: Long,
    ): FilmLog {
        val before = if (ran == configuration) this else FilmLog(ran, arrived)
        return before.copy(
            until = done,
            frames = before.frames + 1,
            preprocessNanos = (before.preprocessNanos + preprocess).takeLast(KEPT),
            endToEndNanos = (before.endToEndNanos + (done - arrived)).takeLast(KEPT),
        )
    }

    /** The report's record, null where none of [configs] was filmed; [dropped] frames came while another was at work. */
    fun reported(
        configs: List<ReportedConfiguration>,
        dropped: Int,
    ): ReportedCamera? {
        val config = configs.indexOfFirst { it.name == configuration }
        if (config < 0) return null
        return ReportedCamera(
            config = config,
            seconds = (until - since) / NANOS_PER_S,
            frames = frames,
            dropped = dropped,
            preprocessNs = preprocessNanos,
            endToEndNs = endToEndNanos,
            preprocess = spread(preprocessNanos.toLongArray()),
            endToEnd = spread(endToEndNanos.toLongArray()),
        )
    }

    private companion object {
        const val KEPT = 1000
        const val NANOS_PER_S = 1e9
    }
}
