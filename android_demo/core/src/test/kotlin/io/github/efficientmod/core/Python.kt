package io.github.efficientmod.core

import org.junit.jupiter.api.Assumptions.assumeTrue
import java.nio.file.Files
import java.nio.file.Path

/** The Python of the active environment, or of the repository's `.venv`. */
object Python {
    private val interpreter: Path? by lazy {
        listOfNotNull(System.getenv("VIRTUAL_ENV"), "${Vectors.repository}/.venv")
            .map { Path.of(it, "bin", "python") }
            .firstOrNull(::hasPillow)
    }

    /** An interpreter with Pillow. */
    fun orSkip(): Path {
        assumeTrue(interpreter != null, "there is no Python environment with Pillow: see the README's test command")
        return interpreter!!
    }

    private fun hasPillow(python: Path): Boolean =
        Files.isExecutable(python) &&
            ProcessBuilder("$python", "-c", "import PIL")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor() == 0
}
