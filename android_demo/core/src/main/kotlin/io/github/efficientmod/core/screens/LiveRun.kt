package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Bundle
import io.github.efficientmod.core.Call
import io.github.efficientmod.core.Clock
import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.Frame
import io.github.efficientmod.core.FrameConverter
import io.github.efficientmod.core.Opening
import io.github.efficientmod.core.Picture
import io.github.efficientmod.core.PictureDecoder
import io.github.efficientmod.core.PictureFeed
import io.github.efficientmod.core.Preprocessor
import io.github.efficientmod.core.Reason
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.Session
import io.github.efficientmod.core.Values
import io.github.efficientmod.core.declaredOutputs
import io.github.efficientmod.core.tryCall
import io.github.efficientmod.core.tryOpen

/** Single runs of a bundle's network on photos and frames, in a session that stays open. One thread uses and closes it. */
internal class LiveRun(
    private val bundle: Bundle,
    private val runtimes: List<Runtime>,
    private val decoder: PictureDecoder,
    private val clock: Clock,
) : AutoCloseable {
    private val preprocessor =
        Preprocessor(
            checkNotNull(
                bundle.manifest.inputs
                    .single()
                    .preprocessing,
            ),
        )
    private val converter = FrameConverter()
    private val labels = bundle.labels()
    private var open: Open? = null

    private class Open(
        val configuration: Configuration,
        val session: Session,
        val feed: PictureFeed,
    )

    /** What a frame gave, and the ns from the frame to the input, and of the run. */
    class Filmed(
        val guesses: List<Guess>,
        val preprocessNanos: Long,
        val runNanos: Long,
    )

    /** Runs a picture's file. Throws [LiveException], and [Said] where it is no picture. */
    fun photo(
        chosen: Chosen,
        configuration: Configuration,
        content: ByteArray,
    ): Tried {
        val opened = opened(configuration)
        val start = clock.nanos()
        val picture = picture(content)
        val decoded = clock.nanos()
        val pixels = preprocessor.pixels(picture)
        val values = opened.feed.values(pixels)
        val fed = clock.nanos()
        val call = call(opened, values)
        val seen = Picture(pixels.height, pixels.width, pixels.rgb.copyOf())
        val run = call.inputNanos + call.runNanos + call.outputNanos
        return Tried(chosen, configuration.name, seen, guesses(opened, call), decoded - start, fed - decoded, run)
    }

    private fun picture(content: ByteArray): Picture =
        try {
            decoder.upright(content)
        } catch (_: IllegalArgumentException) {
            throw Said("try.no_picture")
        }

    /** Runs a camera's frame. Throws [LiveException]. */
    fun frame(
        configuration: Configuration,
        frame: Frame,
    ): Filmed {
        val opened = opened(configuration)
        val start = clock.nanos()
        val values = opened.feed.values(preprocessor.pixels(converter.picture(frame)))
        val fed = clock.nanos()
        val call = call(opened, values)
        return Filmed(guesses(opened, call), fed - start, call.inputNanos + call.runNanos + call.outputNanos)
    }

    override fun close() {
        open?.session?.close()
        open = null
    }

    private fun guesses(
        opened: Open,
        call: Call.Ran,
    ): List<Guess> {
        val outputs = declaredOutputs(bundle.manifest, opened.configuration.artifact, call.outputs)
        return guesses(bundle.manifest, labels, outputs)
    }

    private fun call(
        opened: Open,
        values: Values,
    ): Call.Ran =
        when (val call = opened.session.tryCall(listOf(values), clock)) {
            is Call.Ran -> call
            is Call.Failed -> throw LiveException(Reason("run_failed", call.sentence))
        }

    private fun opened(configuration: Configuration): Open {
        open?.takeIf { it.configuration == configuration }?.let { return it }
        close()
        val runtime = runtimes.first { it.name == configuration.runtime }
        return when (val opening = runtime.tryOpen(bundle.path(configuration.artifact), configuration)) {
            is Opening.Opened -> {
                Open(
                    configuration,
                    opening.session,
                    PictureFeed(configuration.artifact.inputs.single()),
                )
            }

            is Opening.Refused -> {
                throw LiveException(Reason(opening.code, opening.sentence))
            }

            is Opening.Failed -> {
                throw LiveException(Reason("open_failed", opening.sentence))
            }
        }.also { open = it }
    }
}
