package io.github.efficientmod.core

import org.junit.jupiter.api.Assumptions.assumeTrue
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** The toolkit's Python: the active environment's, or that of the repository's `.venv`; tests are skipped without one. */
object Python {
    private val candidates =
        listOfNotNull(
            System.getenv("VIRTUAL_ENV")?.let { Path.of(it, "bin", "python") },
            Vectors.repository.resolve(".venv/bin/python"),
        )

    private val interpreter: Path? by lazy { candidates.firstOrNull { has(it, "PIL") } }

    private val toolkit: Path? by lazy { candidates.firstOrNull { has(it, "efficientmod_export") } }

    /** An interpreter with Pillow. */
    fun orSkip(): Path {
        assumeTrue(interpreter != null, "there is no Python environment with Pillow: see the README's test command")
        return interpreter!!
    }

    /** An interpreter that can make bundles. */
    fun withToolkitOrSkip(): Path {
        assumeTrue(toolkit != null, "there is no Python environment with the toolkit: see the README's test command")
        return toolkit!!
    }

    /** Runs a program to its end, and fails with what it printed where it fails. */
    fun run(
        command: List<String>,
        seconds: Long,
    ) {
        val output = File.createTempFile("python", ".txt")
        val process = ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).start()
        val ended = process.waitFor(seconds, TimeUnit.SECONDS)
        if (!ended) process.destroyForcibly()
        check(ended && process.exitValue() == 0) { "${command.joinToString(" ")}: ${output.readText().takeLast(2000)}" }
        output.delete()
    }

    private fun has(
        interpreter: Path,
        module: String,
    ): Boolean =
        Files.isExecutable(interpreter) &&
            ProcessBuilder("$interpreter", "-c", "import $module")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor() == 0
}
