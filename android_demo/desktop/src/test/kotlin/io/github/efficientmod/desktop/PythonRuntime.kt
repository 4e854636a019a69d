package io.github.efficientmod.desktop

import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.Dtype
import io.github.efficientmod.core.Mode
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.Session
import io.github.efficientmod.core.SessionFacts
import java.nio.file.Path

/** The real ExecuTorch, in a Python process: proofs, no times. */
class PythonRuntime : Runtime {
    override val name = "ExecuTorch"
    override val version = "of Python"
    override val targets = setOf("executorch")
    override val dtypes = setOf(Dtype.FLOAT32)
    override val modes = listOf(Mode("cpu", "float32", choosesThreads = true))

    override fun open(
        file: Path,
        configuration: Configuration,
    ): Session =
        ChildSession(listOf("python", "-P", SCRIPT, file.toString()), emptyMap(), configuration.artifact) {
            SessionFacts(listOf("XnnpackBackend"), configuration.computePrecision)
        }

    private companion object {
        const val SCRIPT = "src/test/python/executorch_child.py"
    }
}
