package io.github.efficientmod.desktop

import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.Dtype
import io.github.efficientmod.core.Mode
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.Session
import java.nio.file.Path

/** LiteRT on the processor in this process, and on a GPU in a process for each session. */
class LiteRtRuntime(
    private val library: LiteRtLibrary,
) : Runtime {
    override val name = "LiteRT"
    override val version = library.version
    override val targets = setOf("tflite")
    override val dtypes = setOf(Dtype.FLOAT32, Dtype.INT32, Dtype.INT64, Dtype.INT8, Dtype.UINT8, Dtype.BOOL)
    override val modes =
        listOf(
            Mode("cpu", "float32", choosesThreads = true),
            Mode("cpu", "int8", choosesThreads = true),
            Mode("gpu", "float32", choosesThreads = false),
            Mode("gpu", "float16", choosesThreads = false),
        )

    override fun open(
        file: Path,
        configuration: Configuration,
    ): Session {
        val artifact = configuration.artifact
        if (configuration.unit == "gpu") return GpuProcess.open(library, file, artifact, configuration.computePrecision)
        val options = "num_threads = ${configuration.threads}\n"
        return LiteRtSession(library, file, artifact, LiteRtOptions.CPU, options, configuration.computePrecision)
    }
}
