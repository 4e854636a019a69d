package io.github.efficientmod.desktop

import io.github.efficientmod.core.ConfigState
import io.github.efficientmod.core.Report
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path

/** The program, run as people run it. */
class DesktopTest {
    @TempDir
    lateinit var folder: Path

    private class Ended(
        val code: Int,
        val said: String,
        val errors: String,
    )

    private fun run(
        vararg arguments: String,
        environment: Map<String, String> = emptyMap(),
    ): Ended {
        val java =
            ProcessHandle
                .current()
                .info()
                .command()
                .get()
        val path = System.getProperty("java.class.path")
        val command =
            listOf(java, "--enable-native-access=ALL-UNNAMED", "-cp", path, "io.github.efficientmod.desktop.Desktop")
        val errors = folder.resolve("errors")
        val process =
            ProcessBuilder(command + arguments)
                .redirectError(errors.toFile())
                .also { it.environment() += environment }
                .start()
        val said = process.inputReader().readText()
        return Ended(process.waitFor(), said, Files.readString(errors))
    }

    @Test
    fun `without arguments it says how to call it`() {
        val ended = run()
        assertEquals(2, ended.code)
        assertTrue(ended.errors.startsWith("usage: run BUNDLE FOLDER"), ended.errors)
    }

    @Test
    fun `without LiteRT it says how to get it`() {
        val ended = run("out", "$folder", environment = mapOf("EFFICIENTMOD_LITERT" to "$folder"))
        assertEquals(1, ended.code)
        val sentence = "There is no libLiteRt.so in $folder. Type pip install ai-edge-litert"
        assertTrue(ended.errors.startsWith(sentence), ended.errors)
    }

    @Test
    fun `without a bundle it says so`() {
        val ended = run("$folder/none", "$folder/runs")
        assertEquals(1, ended.code)
        assertTrue("(bundle_refused)" in ended.errors, ended.errors)
    }

    @Test
    fun `without a Vulkan driver the GPU is refused, and the CPU is measured`() {
        val cpu = "tflite-fp32:cpu:float32:1"
        val ended =
            run(
                "${RealBundle.bundle.folder}",
                "$folder/runs",
                "configs=$cpu,tflite-fp32:gpu:float32",
                "burst_calls=20",
                "burst_s=0",
                "paced_calls=0",
                "warmup_limit_s=1",
                environment = mapOf("VK_ICD_FILENAMES" to "/nowhere.json"),
            )
        assertEquals(0, ended.code, ended.errors)
        val report =
            Report.of(
                Files.readString(
                    Path.of(
                        ended.said
                            .trim()
                            .lines()
                            .last(),
                    ),
                ),
            )
        assertEquals(listOf(ConfigState.MEASURED, ConfigState.REFUSED), report.configs.map { it.state })
        assertEquals("no_such_unit", report.configs[1].reason!!.code)
        assertEquals("VK_ICD_FILENAMES names /nowhere.json, which is not there", report.configs[1].reason!!.text)
        assertEquals(20, report.configs[0].latency!!.count)
        assertTrue(
            report.configs[0].memory!!.run { peakBytes >= openedBytes && anonBytes!! + fileBytes!! <= peakBytes },
        )
    }

    @Test
    fun `a child process that ends is told with its code`() {
        val artifact =
            RealBundle.bundle.manifest.artifacts
                .first()
        val error =
            assertThrows<ChildException> {
                ChildSession(
                    listOf("sh", "-c", "echo broken driver >&2; exit 3"),
                    emptyMap(),
                    artifact,
                ) { error("never") }
            }
        assertEquals("the process ended with code 3", error.message)
        assertEquals("broken driver\n", error.log)
    }
}
