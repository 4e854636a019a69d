// Read in google-ai-edge/LiteRT at f67457790c9c2ab67347d6fe53270e8d3df20868 (2026-08-21),
// litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/Model.kt. A constructor with defaults is declared with all of
// its parameters, since their number is part of the compiled call.

package com.google.ai.edge.litert

/** A model that is ready to run. */
class CompiledModel private constructor() : JniHandle() {
    /** Options of the CPU. */
    data class CpuOptions(
        val numThreads: Int? = null,
        val xnnPackFlags: Int? = null,
        val xnnPackWeightCachePath: String? = null,
    )

    /** Options of the GPU. */
    data class GpuOptions(
        val constantTensorSharing: Boolean? = null,
        val infiniteFloatCapping: Boolean? = null,
        val allowSrcQuantizedFcConvOps: Boolean? = null,
        val precision: Precision? = null,
        val bufferStorageType: BufferStorageType? = null,
        val preferTextureWeights: Boolean? = null,
        val serializationDir: String? = null,
        val modelCacheKey: String? = null,
        val serializeProgramCache: Boolean? = null,
        val serializeExternalTensors: Boolean? = null,
        val externalTensorsMode: Boolean? = null,
        val externalTensorPattern: String? = null,
        val backend: Backend? = null,
        val priority: Priority? = null,
        val numStepsOfCommandBufferPreparations: Int? = null,
    ) {
        /** The arithmetic. */
        enum class Precision { FP16, FP32 }

        /** How buffers are stored. */
        enum class BufferStorageType

        /** The GPU's interface. */
        enum class Backend

        /** The GPU's priority. */
        enum class Priority
    }

    /** How a model is compiled. */
    class Options(
        internal val accelerators: Set<Accelerator>,
    ) {
        constructor(vararg accelerators: Accelerator) : this(setOf(*accelerators))

        var cpuOptions: CpuOptions? = null
        var gpuOptions: GpuOptions? = null
    }

    @JvmOverloads
    fun createInputBuffers(signatureIndex: Int = 0): List<TensorBuffer> = throw NotImplementedError("$signatureIndex")

    @JvmOverloads
    fun createOutputBuffers(signatureIndex: Int = 0): List<TensorBuffer> = throw NotImplementedError("$signatureIndex")

    @JvmOverloads
    fun run(
        inputs: List<TensorBuffer>,
        outputs: List<TensorBuffer>,
        signatureIndex: Int = 0,
    ): Unit = throw NotImplementedError("$inputs $outputs $signatureIndex")

    companion object {
        @JvmOverloads
        @JvmStatic
        fun create(
            filePath: String,
            options: Options,
            optionalEnv: Environment? = null,
        ): CompiledModel = throw NotImplementedError("$filePath $options $optionalEnv")
    }
}
