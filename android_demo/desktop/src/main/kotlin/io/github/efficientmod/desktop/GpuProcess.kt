package io.github.efficientmod.desktop

import io.github.efficientmod.core.Artifact
import io.github.efficientmod.core.RefusedException
import io.github.efficientmod.core.Session
import io.github.efficientmod.core.SessionFacts
import io.github.efficientmod.core.Values
import io.github.efficientmod.core.openBundle
import java.io.DataInputStream
import java.io.DataOutputStream
import java.io.FileOutputStream
import java.lang.foreign.FunctionDescriptor
import java.lang.foreign.Linker
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.invoke.MethodHandle
import java.nio.file.Path

private const val CHOICE = "VK_ICD_FILENAMES"
private val ADAPTER = Regex("Selected adapter: (.*?), arch=.*adapterType=(.*)")
private val PRECISIONS = mapOf("float16" to 1, "float32" to 2)

/**
 * LiteRT's GPU accelerator in a process of its own: Vulkan's loader takes its choice of a driver once in a process, each
 * arithmetic has a software driver of its own, and a driver that crashes ends nothing else.
 */
object GpuProcess {
    /** Opens [file] on the driver for [computePrecision]. Throws [RefusedException] where there is none, or it refuses. */
    fun open(
        library: LiteRtLibrary,
        file: Path,
        artifact: Artifact,
        computePrecision: String,
    ): Session {
        val driver = vulkanDriver(computePrecision)
        val command = java() + listOf(library.folder.toString(), file.toString(), computePrecision)
        return try {
            ChildSession(command, mapOf(CHOICE to driver), artifact) { facts(it, computePrecision) }
        } catch (error: ChildException) {
            throw RefusedException("the GPU does not take ${artifact.file}: ${reason(error)}")
        }
    }

    private fun java(): List<String> {
        val java =
            ProcessHandle
                .current()
                .info()
                .command()
                .get()
        val path = System.getProperty("java.class.path")
        return listOf(
            java,
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            path,
            "io.github.efficientmod.desktop.GpuProcessKt",
        )
    }

    private fun facts(
        log: String,
        computePrecision: String,
    ): SessionFacts {
        val (name, type) = ADAPTER.find(log)?.destructured ?: throw RefusedException("LiteRT selected no GPU adapter")
        return SessionFacts(
            backends = listOf(LiteRtOptions.GPU.backend),
            computePrecision = computePrecision,
            outside = emptyList(),
            processor = name,
            software = "CPU" in type,
        )
    }

    /** What LiteRT logged as an error; else what the process answered. */
    private fun reason(error: ChildException): String =
        error.log
            .lineSequence()
            .lastOrNull { it.startsWith("ERROR") }
            ?.substringAfter("] ") ?: error.message.orEmpty()
}

/** The child process: arguments are LiteRT's folder, the file (in its bundle) and the compute precision. */
fun main(arguments: Array<String>) {
    // LiteRT and the driver write to standard output, which is for answers.
    val answers = DataOutputStream(FileOutputStream("/proc/self/fd/${libc("dup", 1)}"))
    libc("dup2", 2, 1)
    val session =
        runCatching { openSession(Path.of(arguments[0]), Path.of(arguments[1]), arguments[2]) }.getOrElse {
            answers.writeInt(Answer.FAILED)
            answers.writeUTF(it.message.orEmpty())
            return
        }
    answers.writeInt(Answer.OK)
    session.use { serve(it, DataInputStream(System.`in`.buffered()), answers) }
}

private fun openSession(
    library: Path,
    file: Path,
    computePrecision: String,
): LiteRtSession {
    val artifact = openBundle(file.parent).manifest.artifacts.first { it.file == file.fileName.toString() }
    val options = "precision = ${PRECISIONS.getValue(computePrecision)}\n"
    return LiteRtSession(LiteRtLibrary(library), file, artifact, LiteRtOptions.GPU, options, computePrecision)
}

private fun serve(
    session: LiteRtSession,
    requests: DataInputStream,
    answers: DataOutputStream,
) {
    while (true) {
        val answer: DataOutputStream.() -> Unit
        try {
            answer = answerTo(session, requests) ?: return
            answers.writeInt(Answer.OK)
        } catch (error: LiteRtException) {
            answers.writeInt(Answer.FAILED)
            answers.writeUTF(error.message.orEmpty())
            continue
        }
        answers.answer()
    }
}

private fun answerTo(
    session: LiteRtSession,
    requests: DataInputStream,
): (DataOutputStream.() -> Unit)? {
    when (requests.readInt()) {
        Request.WRITE -> session.write(tensors(session, requests))
        Request.RUN -> session.run()
        Request.READ -> return session.read().let { outputs -> { write(outputs) } }
        else -> return null
    }
    return {}
}

private fun tensors(
    session: LiteRtSession,
    requests: DataInputStream,
): List<Values> =
    List(requests.readInt()) { index ->
        val bytes = ByteArray(requests.readInt()).also(requests::readFully)
        session.artifact.inputs[index].let { Values.of(it.dtype, it.shape, bytes) }
    }

private fun DataOutputStream.write(outputs: List<Values>) {
    writeInt(outputs.size)
    for (values in outputs) {
        writeInt(values.bytes.size)
        write(values.bytes)
    }
}

@Suppress("SpreadOperator")
private fun libc(
    name: String,
    vararg arguments: Int,
): Int {
    val linker = Linker.nativeLinker()
    val types = Array(arguments.size) { JAVA_INT }
    val handle: MethodHandle =
        linker.downcallHandle(
            linker.defaultLookup().find(name).get(),
            FunctionDescriptor.of(JAVA_INT, *types),
        )
    return handle.invokeWithArguments(arguments.toList()) as Int
}
