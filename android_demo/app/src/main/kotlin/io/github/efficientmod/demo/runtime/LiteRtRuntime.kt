package io.github.efficientmod.demo.runtime

import android.content.Context
import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.CompiledModel.GpuOptions
import com.google.ai.edge.litert.Environment
import io.github.efficientmod.core.Configuration
import io.github.efficientmod.core.Dtype
import io.github.efficientmod.core.Mode
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.Session
import io.github.efficientmod.core.SessionFacts
import io.github.efficientmod.core.Values
import java.nio.file.Path

private val PRECISIONS = mapOf("float32" to GpuOptions.Precision.FP32, "float16" to GpuOptions.Precision.FP16)

/**
 * LiteRT's compiled models. The GPU is asked for alone: with the CPU beside it, LiteRT would run there what the GPU does
 * not take, and say nothing.
 */
class LiteRtRuntime(
    private val context: Context,
    override val version: String,
) : Runtime {
    override val name = "LiteRT"
    override val targets = setOf("tflite")
    override val dtypes = setOf(Dtype.FLOAT32)
    override val modes =
        listOf(
            Mode("cpu", "float32", choosesThreads = true),
            Mode("cpu", "int8", choosesThreads = true),
            Mode("gpu", "float32", choosesThreads = false),
            Mode("gpu", "float16", choosesThreads = false),
        )

    private val options: Map<String, (Configuration) -> CompiledModel.Options> =
        mapOf(
            "cpu" to {
                CompiledModel.Options(Accelerator.CPU).apply { cpuOptions = CompiledModel.CpuOptions(it.threads) }
            },
            "gpu" to {
                CompiledModel.Options(Accelerator.GPU).apply {
                    gpuOptions = GpuOptions(precision = PRECISIONS.getValue(it.computePrecision))
                }
            },
        )

    override fun open(
        file: Path,
        configuration: Configuration,
    ): Session {
        val environment = Environment.create(context, mapOf(), enableCompilerCache = false)
        return runCatching {
            val asked = options.getValue(configuration.unit)(configuration)
            LiteRtSession(environment, CompiledModel.create(file.toString(), asked, environment), configuration)
        }.onFailure { environment.close() }.getOrThrow()
    }

    /** The accelerators that this build has on this phone, for the self-check. */
    fun accelerators(): List<String> =
        Environment.create(context, mapOf(), enableCompilerCache = false).use { environment ->
            environment.getAvailableAccelerators().map { it.name }
        }
}

private class LiteRtSession(
    private val environment: Environment,
    private val model: CompiledModel,
    private val configuration: Configuration,
) : Session {
    private val inputs = model.createInputBuffers()
    private val outputs = model.createOutputBuffers()
    override val facts = SessionFacts(listOf(configuration.unit.uppercase()), configuration.computePrecision)

    override fun write(inputs: List<Values>) =
        this.inputs.zip(inputs).forEach { (buffer, values) -> buffer.writeFloat(values.floats) }

    override fun run() = model.run(inputs, outputs)

    override fun read(): List<Values> =
        configuration.artifact.outputs.zip(outputs) { output, buffer -> Values.of(output.shape, buffer.readFloat()) }

    override fun close() = (inputs + outputs + model + environment).forEach { it.close() }
}
