package io.github.efficientmod.desktop

import io.github.efficientmod.core.Artifact
import io.github.efficientmod.core.RefusedException
import io.github.efficientmod.core.Session
import io.github.efficientmod.core.SessionFacts
import io.github.efficientmod.core.Values
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.ADDRESS
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.nio.file.Path

// Numbers of litert/c/*.h.
private const val RUNTIME_LIBRARY_DIR = 22
private const val LEAST_LOGGED = 25
private const val INTEGER = 2
private const val STRING = 8
private const val ERROR = 3L
private const val OPTION_BYTES = 24L
private const val TENSOR_TYPE_BYTES = 72L
private const val READ = 0
private const val WRITE = 1
private const val SIGNATURE = 0L

/** How LiteRT is asked to compile: the [accelerator]'s bit, and options as the text that its own wrapper hands over. */
enum class LiteRtOptions(
    val accelerator: Int,
    val identifier: String,
    val backend: String,
) {
    CPU(1, "xnnpack", "XNNPACK"),
    GPU(2, "gpu_options", "WebGPU"),
}

/** A file that LiteRT compiled, with buffers of its own; made, run and closed on one thread. */
class LiteRtSession(
    private val library: LiteRtLibrary,
    file: Path,
    val artifact: Artifact,
    options: LiteRtOptions,
    optionText: String,
    computePrecision: String,
) : Session {
    private val arena = Arena.ofConfined()
    private val closing = ArrayDeque<() -> Unit>()
    private val inputs: List<MemorySegment>
    private val outputs: List<MemorySegment>
    private val model: MemorySegment
    private val inputArray: MemorySegment
    private val outputArray: MemorySegment
    override val facts = SessionFacts(listOf(options.backend), computePrecision)

    init {
        closing.addFirst(arena::close)
        var opened = false
        try {
            val environment = owned("LiteRtDestroyEnvironment", environment())
            val file = owned("LiteRtDestroyModel", get("LiteRtCreateModelFromFile", environment, text("$file")))
            val asked = owned("LiteRtDestroyOptions", get("LiteRtCreateOptions"))
            library.call("LiteRtSetOptionsHardwareAccelerators", asked, options.accelerator)
            val identifier = text(options.identifier)
            val opaque = get("LiteRtCreateOpaqueOptions", identifier, library.allocated(optionText), library.free)
            library.call("LiteRtAddOpaqueOptions", asked, opaque)
            model = owned("LiteRtDestroyCompiledModel", get("LiteRtCreateCompiledModel", environment, file, asked))
            if (options == LiteRtOptions.GPU) checkAccelerated()
            val signature = get("LiteRtGetModelSignature", file, SIGNATURE)
            inputs = artifact.inputs.map { it.name }.ordered("Input", environment, signature)
            outputs = artifact.outputs.map { it.name }.ordered("Output", environment, signature)
            inputArray = array("Input", signature, artifact.inputs.map { it.name }, inputs)
            outputArray = array("Output", signature, artifact.outputs.map { it.name }, outputs)
            opened = true
        } finally {
            if (!opened) close()
        }
    }

    override fun write(inputs: List<Values>) =
        this.inputs.zip(inputs).forEach { (buffer, values) ->
            val bytes = values.bytes
            locked(buffer, WRITE, bytes.size) { MemorySegment.copy(bytes, 0, it, JAVA_BYTE, 0, bytes.size) }
        }

    override fun run() =
        library.call(
            "LiteRtRunCompiledModel",
            model,
            SIGNATURE,
            inputs.size.toLong(),
            inputArray,
            outputs.size.toLong(),
            outputArray,
        )

    override fun read(): List<Values> =
        artifact.outputs.zip(outputs) { output, buffer ->
            val bytes = ByteArray(output.bytes.intValueExact())
            locked(buffer, READ, bytes.size) { MemorySegment.copy(it, JAVA_BYTE, 0, bytes, 0, bytes.size) }
            Values.of(output.dtype, output.shape, bytes)
        }

    override fun close() {
        while (closing.isNotEmpty()) closing.removeFirst()()
    }

    private fun get(
        name: String,
        vararg arguments: Any,
    ) = library.get(arena, name, *arguments)

    private fun text(text: String): MemorySegment = arena.allocateFrom(text)

    private fun owned(
        destroy: String,
        handle: MemorySegment,
    ): MemorySegment = handle.also { closing.addFirst { library.destroy(destroy, it) } }

    /** An environment without a compiler cache, that finds the accelerators beside the library, and logs errors only. */
    private fun environment(): MemorySegment {
        val options = arena.allocate(2 * OPTION_BYTES, ADDRESS.byteAlignment())
        options.set(JAVA_INT, 0, RUNTIME_LIBRARY_DIR)
        options.set(JAVA_INT, 8, STRING)
        options.set(ADDRESS, 16, text(library.folder.toString()))
        options.set(JAVA_INT, OPTION_BYTES, LEAST_LOGGED)
        options.set(JAVA_INT, OPTION_BYTES + 8, INTEGER)
        options.set(JAVA_LONG, OPTION_BYTES + 16, ERROR)
        return get("LiteRtCreateEnvironment", 2, options)
    }

    private fun checkAccelerated() {
        val answer = arena.allocate(1)
        library.call("LiteRtCompiledModelIsFullyAccelerated", model, answer)
        if (answer.get(JAVA_BYTE, 0) == 0.toByte()) {
            throw RefusedException("LiteRT leaves operators of ${artifact.file} outside the accelerator")
        }
    }

    /** The signature's index of each name; an artifact's order is not the signature's. */
    private fun places(
        kind: String,
        signature: MemorySegment,
        names: List<String>,
    ): List<Long> {
        val own = names.indices.map { get("LiteRtGetSignature${kind}Name", signature, it.toLong()) }
        val found = own.map { it.reinterpret(Long.MAX_VALUE).getString(0) }
        return names.map { name ->
            found.indexOf(name).toLong().also { check(it >= 0) { "the file has no $kind $name, but $found" } }
        }
    }

    private fun List<String>.ordered(
        kind: String,
        environment: MemorySegment,
        signature: MemorySegment,
    ): List<MemorySegment> =
        places(kind, signature, this).map { place ->
            val tensor = get("LiteRtGetSignature${kind}TensorByIndex", signature, place)
            val type = arena.allocate(TENSOR_TYPE_BYTES, ADDRESS.byteAlignment())
            library.call("LiteRtGetRankedTensorType", tensor, type)
            val needs = get("LiteRtGetCompiledModel${kind}BufferRequirements", model, SIGNATURE, place)
            owned(
                "LiteRtDestroyTensorBuffer",
                get("LiteRtCreateManagedTensorBufferFromRequirements", environment, type, needs),
            )
        }

    /** The buffers in the signature's order, as a run takes them. */
    private fun array(
        kind: String,
        signature: MemorySegment,
        names: List<String>,
        buffers: List<MemorySegment>,
    ): MemorySegment {
        val array = arena.allocate(ADDRESS, buffers.size.toLong())
        places(kind, signature, names).zip(buffers) { place, buffer -> array.setAtIndex(ADDRESS, place, buffer) }
        return array
    }

    private inline fun locked(
        buffer: MemorySegment,
        mode: Int,
        bytes: Int,
        use: (MemorySegment) -> Unit,
    ) {
        val place =
            Arena.ofConfined().use { calls ->
                val address = calls.allocate(ADDRESS)
                library.call("LiteRtLockTensorBuffer", buffer, address, mode)
                address.get(ADDRESS, 0)
            }
        use(place.reinterpret(bytes.toLong()))
        library.call("LiteRtUnlockTensorBuffer", buffer)
    }
}
