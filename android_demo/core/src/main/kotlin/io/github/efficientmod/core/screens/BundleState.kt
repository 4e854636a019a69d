package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Artifact
import io.github.efficientmod.core.Bundle
import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.Manifest
import io.github.efficientmod.core.NetworkInput
import io.github.efficientmod.core.SEEDED_STATEMENT

private const val DIGEST_SHOWN = 12
internal const val CLASSIFICATION = "classification"

/** The Bundle screen: what was imported, and what was proven of it on this phone. */
data class BundleState(
    val title: String,
    val empty: Empty?,
    val busy: Busy?,
    val banner: Banner?,
    val model: ModelCard?,
    val artifacts: List<ArtifactCard>,
    val prove: Button?,
    val open: Button,
    val openFolder: Button,
    val laptop: String,
    val selfCheck: String,
)

/** Something that takes a while; [fraction] is null where its end is unknown. */
data class Busy(
    val text: String,
    val fraction: Double?,
)

/** The network. */
data class ModelCard(
    val name: String,
    val task: String,
    val weights: Chip,
    val facts: List<Fact>,
)

/** A file of the bundle, and where this phone can run it. */
data class ArtifactCard(
    val title: String,
    val size: String,
    val rows: List<ProofRow>,
)

/** One way to run it; [detail] is what the replay found. */
data class ProofRow(
    val title: String,
    val chip: Chip,
    val detail: String?,
)

/** What the Bundle screen shows of [app]. */
fun bundleState(
    t: Texts,
    app: AppState,
): BundleState {
    val bundle = app.bundle
    val open = Button(t("bundle.open"), enabled = app.importing == null && app.proving == null)
    return BundleState(
        title = t("bundle.title"),
        empty = if (bundle == null) Empty(t("bundle.empty_title"), t("bundle.empty_text"), open) else null,
        busy = busy(t, app),
        banner =
            app.refused?.let { Banner(t("bundle.refused", it.name), why(t, it.error), Tone.BAD) }
                ?: taskBanner(t, app),
        model = bundle?.let { modelCard(t, it) },
        artifacts =
            bundle
                ?.manifest
                ?.artifacts
                .orEmpty()
                .mapNotNull { artifactCard(t, it, app) },
        prove = bundle?.takeIf { taskRefusal(t, it.manifest) == null }?.let { proveButton(t, app) },
        open = open.copy(text = t(if (bundle == null) "bundle.open" else "bundle.open_other")),
        openFolder = Button(t("bundle.open_folder"), open.enabled),
        laptop = t("bundle.laptop"),
        selfCheck = t("check.title"),
    )
}

/** Why this app cannot show what a network of this task gives, in one sentence; null where it can. */
fun taskRefusal(
    t: Texts,
    manifest: Manifest,
): String? =
    when {
        manifest.task != CLASSIFICATION -> t("bundle.task", manifest.task)
        !takesOnePicture(manifest) -> t("bundle.inputs")
        else -> null
    }

/** Whether one picture is all that the network takes. */
internal fun takesOnePicture(manifest: Manifest): Boolean = manifest.inputs.singleOrNull()?.preprocessing != null

private fun taskBanner(
    t: Texts,
    app: AppState,
): Banner? =
    app.bundle?.let { bundle ->
        taskRefusal(t, bundle.manifest)?.let { Banner(it, emptyList(), Tone.WARNING) }
    }

private fun busy(
    t: Texts,
    app: AppState,
): Busy? {
    app.importing?.let { return Busy(t("bundle.importing", it.name), it.fraction) }
    val proving = app.proving ?: return null
    val configuration = app.configurations.first { it.name == proving.name }
    return Busy(t("bundle.proving", fullName(t, configuration)), proving.done.toDouble() / proving.count)
}

private fun modelCard(
    t: Texts,
    bundle: Bundle,
): ModelCard {
    val manifest = bundle.manifest
    val statement = manifest.model.weights.statement
    val seeded = statement == SEEDED_STATEMENT
    val files = manifest.files().size + 1
    return ModelCard(
        name = manifest.model.name,
        task =
            listOfNotNull(
                t.known("task.", manifest.task) ?: manifest.task,
                picture(manifest)?.let { "${it.shape[2]} × ${it.shape[3]}" },
                manifest.model.numClasses?.let { t.counted("bundle.classes", it) },
            ).joinToString(" · "),
        weights = Chip(if (seeded) t("bundle.seeded") else statement, if (seeded) Tone.WARNING else Tone.PLAIN),
        facts =
            listOf(
                Fact(t("bundle.files"), t("bundle.files_as_written", files, files)),
                Fact(t("bundle.size"), t.bytes(manifest.files().sumOf { it.size })),
                Fact(t("bundle.generator"), "${manifest.generator.name} ${manifest.generator.version}"),
                Fact(t("bundle.digest"), bundle.sha256.take(DIGEST_SHOWN)),
            ),
    )
}

/** The input that is a picture; null where the network has none. */
internal fun picture(manifest: Manifest): NetworkInput? = manifest.inputs.firstOrNull { it.preprocessing != null }

private fun artifactCard(
    t: Texts,
    artifact: Artifact,
    app: AppState,
): ArtifactCard? {
    val configurations = app.configurations.filter { it.artifact == artifact }
    if (configurations.isEmpty()) return null
    return ArtifactCard(
        artifactName(artifact),
        t.bytes(artifact.size),
        configurations.map { proofRow(t, it, app) },
    )
}

private fun proofRow(
    t: Texts,
    configuration: Configuration,
    app: AppState,
): ProofRow {
    val found = app.found[configuration.name]
    val chip =
        when {
            app.proving?.name == configuration.name -> Chip(t("state.proving"), Tone.BUSY)
            found == null -> Chip(t("state.not_proven"), Tone.PLAIN)
            found.isProven -> Chip(t("state.proven"), Tone.GOOD)
            else -> stateChip(t, found.state)
        }
    return ProofRow(modeName(t, configuration), chip, found?.let { finding(t, it) })
}

private fun proveButton(
    t: Texts,
    app: AppState,
): Button {
    val again = app.configurations.isNotEmpty() && app.configurations.all { it.name in app.found }
    val text = t(if (again) "bundle.prove_again" else "bundle.prove")
    return when {
        app.configurations.isEmpty() -> Button(text, enabled = false, t("bundle.nothing_runs"))
        app.proving != null -> Button(t("bundle.proving_button"), enabled = false)
        else -> Button(text, enabled = app.importing == null)
    }
}
