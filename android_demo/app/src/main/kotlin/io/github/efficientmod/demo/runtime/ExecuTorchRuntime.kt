package io.github.efficientmod.demo.runtime

import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.Dtype
import io.github.efficientmod.core.Mode
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.Session
import io.github.efficientmod.core.SessionFacts
import io.github.efficientmod.core.Values
import org.pytorch.executorch.EValue
import org.pytorch.executorch.Module
import org.pytorch.executorch.Tensor
import java.nio.Buffer
import java.nio.file.Path
import org.pytorch.executorch.ExecuTorchRuntime as Library

/** ExecuTorch with the backends of the build's flavour: [targets] in [modes]. A file says which backend runs it. */
class ExecuTorchRuntime(
    override val version: String,
    override val targets: Set<String>,
    override val modes: List<Mode>,
) : Runtime {
    override val name = "ExecuTorch"
    override val dtypes = setOf(Dtype.FLOAT32)

    override fun open(
        file: Path,
        configuration: Configuration,
    ): Session {
        val module = Module.load(file.toString(), Module.LOAD_MODE_MMAP, configuration.threads ?: 0)
        return runCatching {
            module.loadMethod("forward")
            ExecuTorchSession(module, configuration)
        }.onFailure { module.close() }.getOrThrow()
    }

    /** The backends that this build has, for the self-check. */
    fun backends(): List<String> = Library.getRegisteredBackends().toList()
}

private class ExecuTorchSession(
    private val module: Module,
    private val configuration: Configuration,
) : Session {
    private val buffers =
        configuration.artifact.inputs.map { Tensor.allocateFloatBuffer(it.count.toInt()) }

    // The tensors keep the buffers, which are written anew for every call.
    private val inputs =
        configuration.artifact.inputs
            .zip(buffers) { input, buffer ->
                EValue.from(Tensor.fromBlob(buffer, input.shape.map { it.toLong() }.toLongArray()))
            }.toTypedArray()
    private var outputs: Array<EValue> = emptyArray()
    override val facts =
        SessionFacts(
            module.getMethodMetadata("forward").backends.toList(),
            configuration.computePrecision,
            mapOf("load_mode" to "mmap"),
        )

    override fun write(inputs: List<Values>) =
        buffers.zip(inputs).forEach { (buffer, values) ->
            (buffer as Buffer).rewind() // FloatBuffer's own is newer than Android 8
            buffer.put(values.floats)
        }

    override fun run() {
        outputs = module.forward(*inputs)
    }

    override fun read(): List<Values> =
        configuration.artifact.outputs.zip(outputs.toList()) { output, value ->
            Values.of(output.shape, value.toTensor().dataAsFloatArray)
        }

    override fun close() = module.close()
}
