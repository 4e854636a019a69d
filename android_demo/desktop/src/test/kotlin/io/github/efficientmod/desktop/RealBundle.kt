package io.github.efficientmod.desktop

import io.github.efficientmod.core.Artifact
import io.github.efficientmod.core.Bench
import io.github.efficientmod.core.Bundle
import io.github.efficientmod.core.Interruption
import io.github.efficientmod.core.PictureDecoder
import io.github.efficientmod.core.ReportedConfiguration
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.configurationOf
import io.github.efficientmod.core.openBundle
import org.junit.jupiter.api.Assumptions.assumeTrue
import java.nio.file.Files
import java.nio.file.Path

private const val VARIABLE = "EFFICIENTMOD_BUNDLE"

/** A bundle of EfficientMod-xxs for LiteRT and ExecuTorch, as `export_bundle` makes it. */
object RealBundle {
    val bundle: Bundle by lazy {
        val folder = System.getenv(VARIABLE)
        assumeTrue(folder != null, "$VARIABLE names no bundle; android_demo/desktop/export_bundle FOLDER makes one")
        openBundle(Path.of(folder))
    }

    /** What a replay finds of the configuration [name], with parts of an app replaced. */
    fun prove(
        name: String,
        runtime: Runtime,
        bundle: Bundle = this.bundle,
        decoder: PictureDecoder = GoldenPictures,
    ): ReportedConfiguration {
        val configuration = configurationOf(name, bundle.manifest, listOf(runtime))!!
        val platform = DesktopPlatform(Files.createTempDirectory("runs"))
        return Bench(bundle, listOf(runtime), decoder, platform, Interruption()).prove(configuration)
    }

    /** The bundle as an app has it that reads the manifest's picture input wrong, and its LiteRT artifact. */
    fun misread(
        artifact: (Artifact) -> Artifact = { it },
        preprocessing: (
            io.github.efficientmod.core.Preprocessing,
        ) -> io.github.efficientmod.core.Preprocessing = { it },
    ): Bundle {
        val manifest = bundle.manifest
        val inputs =
            manifest.inputs.map { input ->
                input.copy(preprocessing = input.preprocessing?.let(preprocessing))
            }
        return Bundle(
            bundle.folder,
            manifest.copy(inputs = inputs, artifacts = manifest.artifacts.map(artifact)),
            bundle.sha256,
        )
    }
}
