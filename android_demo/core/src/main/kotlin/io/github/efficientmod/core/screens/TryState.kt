package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.Picture
import io.github.efficientmod.core.SEEDED_STATEMENT

private const val SHOWN = 5

/** The Try screen: one picture, and what the network says of it. */
data class TryState(
    val title: String,
    val empty: Empty?,
    val banner: Banner?,
    val samplesTitle: String,
    val samples: List<Choice>,
    val photo: Button,
    val configurations: List<Choice>,
    val configurationsTitle: String,
    val busy: Boolean,
    val seen: Seen?,
    val answers: List<Answer>,
    val answersTitle: String,
    val times: List<Fact>,
    val timesTitle: String,
    val notes: List<String>,
)

/** The picture after resizing and crop, with what it shows in words. */
data class Seen(
    val picture: Picture,
    val text: String,
)

/** A class that the network finds: its [share] is drawn as a bar. */
data class Answer(
    val name: String,
    val percent: String,
    val share: Double,
)

/** What the user chose to try: a golden sample by [name], or a photo. */
data class Chosen(
    val name: String,
    val isPhoto: Boolean,
    val isJpeg: Boolean,
)

/** What one run gave: the [guesses], the likeliest first, what the network saw, and the ns of each part. */
data class Tried(
    val chosen: Chosen,
    val configuration: String,
    val seen: Picture,
    val guesses: List<Guess>,
    val decodeNanos: Long,
    val preprocessNanos: Long,
    val runNanos: Long,
)

/** What goes on on the Try screen; [failed] is why the last picture gave nothing. */
data class Trying(
    val chosen: Chosen? = null,
    val configuration: String? = null,
    val tried: Tried? = null,
    val failed: Throwable? = null,
    val busy: Boolean = false,
)

/** What the Try screen shows. */
fun tryState(
    t: Texts,
    app: AppState,
    trying: Trying,
): TryState {
    val manifest = app.bundle?.manifest
    val empty = provenFirst(t, app)
    val tried = trying.tried
    return TryState(
        title = t("try.title"),
        empty = empty,
        banner = trying.failed?.let { Banner(t("try.failed"), why(t, it), Tone.BAD) },
        samplesTitle = t("try.samples"),
        samples =
            manifest?.golden.orEmpty().filter { sample -> sample.inputs.any { it.picture != null } }.map {
                Choice(it.name, it.name, trying.chosen?.let { one -> !one.isPhoto && one.name == it.name } ?: false)
            },
        photo = Button(t("try.photo"), enabled = !trying.busy),
        configurations = choices(t, app, trying.configuration),
        configurationsTitle = t("try.runs_on"),
        busy = trying.busy,
        seen = tried?.let { Seen(it.seen, t("try.seen", it.seen.height, it.seen.width)) },
        answers = tried?.let { answers(t, it.guesses, SHOWN) }.orEmpty(),
        answersTitle = t("try.answers"),
        times = tried?.let { times(t, it) }.orEmpty(),
        timesTitle = t("try.times"),
        notes = notes(t, app, tried),
    )
}

/** Why a screen that runs the network has nothing to show yet: no bundle, another task, or nothing proven. */
internal fun provenFirst(
    t: Texts,
    app: AppState,
): Empty? {
    val bundle = app.bundle
    val toBundle = Button(t("empty.to_bundle"))
    return when {
        bundle == null -> {
            Empty(t("empty.no_bundle_title"), t("empty.no_bundle"), toBundle)
        }

        taskRefusal(t, bundle.manifest) != null -> {
            Empty(t("empty.task_title"), checkNotNull(taskRefusal(t, bundle.manifest)), toBundle)
        }

        app.proven.isEmpty() -> {
            Empty(t("empty.not_proven_title"), t("empty.not_proven"), toBundle)
        }

        else -> {
            null
        }
    }
}

/** The proven configurations; the first is chosen where [chosen] is none of them. */
internal fun choices(
    t: Texts,
    app: AppState,
    chosen: String?,
): List<Choice> {
    val current = chosenConfiguration(app, chosen)?.name
    return app.proven.map { Choice(it.name, fullName(t, it), it.name == current) }
}

/** The proven configuration with the name [chosen], else the first; null where none is proven. */
fun chosenConfiguration(
    app: AppState,
    chosen: String?,
): Configuration? = app.proven.firstOrNull { it.name == chosen } ?: app.proven.firstOrNull()

/** The first [count] of [guesses]. */
internal fun answers(
    t: Texts,
    guesses: List<Guess>,
    count: Int,
): List<Answer> =
    guesses.take(count).map { Answer(it.label ?: t("try.class", it.index), t.percent(it.score), it.score) }

private fun times(
    t: Texts,
    tried: Tried,
): List<Fact> =
    listOf("decode" to tried.decodeNanos, "preprocess" to tried.preprocessNanos, "run" to tried.runNanos)
        .map { (part, nanos) -> Fact(t("try.$part"), t.ms(nanos / 1e6)) }

private fun notes(
    t: Texts,
    app: AppState,
    tried: Tried?,
): List<String> {
    val bundle = app.bundle ?: return emptyList()
    return listOfNotNull(
        t("try.seeded").takeIf { bundle.manifest.model.weights.statement == SEEDED_STATEMENT },
        t("try.no_labels").takeIf { tried != null && bundle.manifest.labels == null },
        t("try.one_run").takeIf { tried != null },
        t("try.jpeg").takeIf { tried?.chosen?.isJpeg == true },
    )
}
