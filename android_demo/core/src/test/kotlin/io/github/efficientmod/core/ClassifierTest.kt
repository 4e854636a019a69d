package io.github.efficientmod.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import java.nio.file.Files
import java.nio.file.Path

class ClassifierTest {
    @TempDir
    lateinit var folder: Path
    private val bundle = readBundle(Example.folder)
    private val platform = FakePlatform()
    private val runtime = FakeRuntime(bundle, platform)

    @Test
    fun `a proven configuration classifies`() {
        for (sample in bundle.manifest.golden) {
            val picture = ImageIoDecoder.upright(bundle.bytes(sample.inputs.single().picture!!))
            val ranked = Classifier.open(bundle, runtime, ImageIoDecoder).use { it.classify(picture) }
            val logits = Values.of(Dtype.FLOAT32, listOf(1, 7), bundle.bytes(sample.outputs.first().tensor)).doubles()
            assertEquals(topK(logits, 5), ranked.map { it.index })
            assertEquals(ranked.map { bundle.labels()!![it.index] }, ranked.map { it.label })
            assertEquals(softmax(logits)[ranked.first().index], ranked.first().score, 1e-9)
        }
        assertEquals(0, runtime.openSessions)
    }

    @Test
    fun `one that gives wrong results is not opened`() {
        runtime.answer =
            {
                _,
                outputs,
                ->
                outputs.map { Values.of(it.shape, FloatArray(it.count) { index -> it.floats[index] * 1.1f }) }
            }
        val error = assertThrows(UnprovenException::class.java) { Classifier.open(bundle, runtime, ImageIoDecoder) }
        assertTrue(error.message.startsWith("tflite-fp32:cpu:float32:4: output 0: ")) { error.message }
        assertEquals(0, runtime.openSessions)
    }

    @Test
    fun `a decoder that gives other pixels proves nothing`() {
        val decoder = PictureDecoder { content -> ImageIoDecoder.decode(content).also { it.rgb.reverse() } }
        assertThrows(UnprovenException::class.java) { Classifier.open(bundle, runtime, decoder) }
    }

    @Test
    fun `a changed file, another runtime and another task are refused`() {
        val changed = readBundle(Example.copyTo(folder.resolve("changed")))
        Files.writeString(changed.folder.resolve("model.tflite"), "TFLITE")
        assertThrows(UnprovenException::class.java) { Classifier.open(changed, runtime, ImageIoDecoder) }
        val other =
            object : Runtime by runtime {
                override val name = "ONNX Runtime"
                override val targets = setOf("onnx")
            }
        val error = assertThrows(UnprovenException::class.java) { Classifier.open(bundle, other, ImageIoDecoder) }
        assertEquals("The bundle of tiny has no file that ONNX Runtime runs.", error.message)
        val depth = Bundle(bundle.folder, bundle.manifest.copy(afterNetwork = emptyList()), bundle.sha256)
        assertThrows(IllegalArgumentException::class.java) { Classifier.open(depth, runtime, ImageIoDecoder) }
    }

    @Test
    fun `the README's example runs, and is what the README shows`() {
        val archive = Vectors.folder.resolve("bundle.embundle").toFile()
        val photo =
            bundle
                .path(
                    bundle.manifest.golden
                        .first()
                        .inputs
                        .single()
                        .picture!!,
                ).toFile()
        val printed = ByteArrayOutputStream()
        val standard = System.out
        System.setOut(PrintStream(printed))
        try {
            sayWhatItIs(archive, photo, folder.resolve("private"), runtime, ImageIoDecoder)
        } finally {
            System.setOut(standard)
        }
        val lines = printed.toString().trimEnd().lines()
        assertEquals(5, lines.size)
        assertTrue(lines.all { it.matches(Regex(" *[0-9]+\\.[0-9] % .+")) }) { "$lines" }
        val core = Vectors.repository.resolve("android_demo/core")
        val code = Files.readString(core.resolve("src/test/kotlin/io/github/efficientmod/core/ReadmeExample.kt"))
        val shown = code.split("// README\n")[1]
        assertTrue("```kotlin\n$shown```" in Files.readString(core.resolve("README.md")))
    }
}
