package io.github.efficientmod.desktop

import io.github.efficientmod.core.Bundle
import io.github.efficientmod.core.ConfigState
import io.github.efficientmod.core.Layout
import io.github.efficientmod.core.Normalisation
import io.github.efficientmod.core.Picture
import io.github.efficientmod.core.PictureDecoder
import io.github.efficientmod.core.Preprocessing
import io.github.efficientmod.core.ReportedConfiguration
import io.github.efficientmod.core.ResizeRule
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.contentOf
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path

private const val NAME = "tflite-fp32:cpu:float32:2"

/** What apps do wrong: each must fail the replay of the real LiteRT on a real bundle, by the outputs. */
class MutationTest {
    private fun assertFails(
        bundle: Bundle = RealBundle.bundle,
        decoder: PictureDecoder = GoldenPictures,
        differing: Boolean = true,
        runtime: Runtime = LiteRtRuntime(LiteRtLibrary.find()),
    ) {
        val found = RealBundle.prove(NAME, runtime, bundle, decoder)
        assertEquals(ConfigState.FAILED to "wrong_result", found.state to found.reason?.code)
        assertEquals(differing, found.differs(), "the preprocessed pictures")
    }

    private fun ReportedConfiguration.differs() = replay!!.preprocessing.any { it.differing > 0 }

    private fun misread(change: (Preprocessing) -> Preprocessing): Bundle = RealBundle.misread(preprocessing = change)

    @Test
    fun `blue, green, red`() {
        assertFails(decoder = { content ->
            val rgb = GoldenPictures.decode(content)
            Picture(rgb.height, rgb.width, ByteArray(rgb.rgb.size) { rgb.rgb[it - it % 3 + 2 - it % 3] })
        })
    }

    @Test
    fun `a picture that is turned`() {
        assertFails(decoder = { GoldenPictures.decode(it).upright(6) })
    }

    @Test
    fun `no crop`() {
        assertFails(
            misread { steps ->
                val (height, width) = steps.crop.height to steps.crop.width
                steps.copy(resize = steps.resize.copy(rule = ResizeRule.STRETCH, height = height, width = width))
            },
        )
    }

    @Test
    fun `divided by 256`() {
        fun by256(normalisation: Normalisation) =
            normalisation.run { Normalisation(mean.map { it * 256 / 255 }, std.map { it * 256 / 255 }) }
        assertFails(
            RealBundle.misread(
                artifact = { artifact ->
                    artifact.copy(
                        inputs = artifact.inputs.map { it.copy(normalisation = it.normalisation?.let(::by256)) },
                    )
                },
                preprocessing = { it.copy(normalisation = by256(it.normalisation)) },
            ),
        )
    }

    @Test
    fun `channels first where they come last`() {
        assertFails(
            RealBundle.misread(
                artifact = { artifact ->
                    val inputs = artifact.inputs.map { it.copy(layout = Layout.NCHW, shape = listOf(1, 3, 224, 224)) }
                    if (artifact.target == "tflite") artifact.copy(inputs = inputs) else artifact
                },
            ),
            differing = false,
        )
    }

    @Test
    fun `no rounding`() {
        assertFails(runtime = Unrounded(LiteRtRuntime(LiteRtLibrary.find()), RealBundle.bundle), differing = false)
    }

    @Test
    fun `an artifact of another export is told by its digest, and by its outputs`(
        @TempDir folder: Path,
    ) {
        copy(RealBundle.bundle.folder, folder)
        val file = folder.resolve("model.tflite")
        // The last quarter of the file has weights; a float's sign is in its fourth byte.
        val stale =
            Files.readAllBytes(file).also { bytes ->
                for (at in bytes.size / 2 until bytes.size / 2 + 4000) {
                    bytes[at] =
                        0
                }
            }
        Files.write(file, stale)
        val changed =
            RealBundle.prove(
                NAME,
                LiteRtRuntime(LiteRtLibrary.find()),
                Bundle(folder, RealBundle.bundle.manifest, ""),
            )
        assertEquals(ConfigState.FAILED to "changed_file", changed.state to changed.reason?.code)
        assertTrue("model.tflite" in changed.reason!!.text)

        val digest = contentOf(file).sha256
        val manifest = RealBundle.bundle.manifest
        val written = manifest.artifacts.map { if (it.target == "tflite") it.copy(sha256 = digest) else it }
        assertFails(Bundle(folder, manifest.copy(artifacts = written), ""), differing = false)
    }

    private fun copy(
        from: Path,
        to: Path,
    ) = Files.walk(from).use { walk ->
        walk.filter(Files::isRegularFile).forEach { file ->
            val target = to.resolve(from.relativize(file).toString())
            Files.createDirectories(target.parent)
            Files.copy(file, target)
        }
    }
}
