package io.github.efficientmod.desktop

import io.github.efficientmod.core.Artifact
import io.github.efficientmod.core.Session
import io.github.efficientmod.core.SessionFacts
import io.github.efficientmod.core.Values
import java.io.DataInputStream
import java.io.DataOutputStream
import java.io.EOFException
import java.nio.file.Files
import java.nio.file.Path

/** What a child process answers to each request: OK with what was asked for, or FAILED with a sentence. */
object Answer {
    const val OK = 0
    const val FAILED = 1
}

/** What a child process is asked for; it opens its file before the first request, and answers that too. */
object Request {
    const val CLOSE = 0
    const val WRITE = 1
    const val RUN = 2
    const val READ = 3
}

/** A child process did not do what it was asked for; [log] is what it wrote to its standard error. */
class ChildException(
    message: String,
    val log: String,
) : Exception(message)

/**
 * A session in a process of its own, which is asked over its standard input and answers over its standard output. Numbers
 * are big-endian ints; tensors are a count, then for each its size in bytes and its bytes. Texts are as
 * [DataOutputStream.writeUTF] has them.
 */
class ChildSession(
    command: List<String>,
    environment: Map<String, String>,
    private val artifact: Artifact,
    facts: (log: String) -> SessionFacts,
) : Session {
    private val log: Path = Files.createTempFile("child", ".log")
    private val process =
        ProcessBuilder(command)
            .redirectError(log.toFile())
            .also { it.environment() += environment }
            .start()
    private val requests = DataOutputStream(process.outputStream.buffered())
    private val answers = DataInputStream(process.inputStream.buffered())
    override val facts: SessionFacts

    init {
        try {
            answered()
            this.facts = facts(logged())
        } catch (error: ChildException) {
            close()
            throw error
        }
    }

    override fun write(inputs: List<Values>) {
        ask(Request.WRITE) {
            requests.writeInt(inputs.size)
            for (values in inputs) {
                requests.writeInt(values.bytes.size)
                requests.write(values.bytes)
            }
        }
    }

    override fun run() = ask(Request.RUN)

    override fun read(): List<Values> {
        ask(Request.READ)
        val outputs = List(answers.readInt()) { ByteArray(answers.readInt()).also(answers::readFully) }
        return outputs.mapIndexed { index, bytes ->
            val output = artifact.outputs.getOrNull(index) ?: artifact.outputs.last()
            Values.of(output.dtype, output.shape, bytes)
        }
    }

    override fun close() {
        runCatching { requests.writeInt(Request.CLOSE) }
        runCatching { requests.close() }
        process.waitFor()
        Files.deleteIfExists(log)
    }

    private fun ask(
        request: Int,
        body: () -> Unit = {},
    ) {
        runCatching {
            requests.writeInt(request)
            body()
            requests.flush()
        } // A process that has ended answers nothing, which is told below.
        answered()
    }

    private fun answered() {
        val answer =
            try {
                answers.readInt()
            } catch (_: EOFException) {
                throw ChildException("the process ended with code ${process.waitFor()}", logged())
            }
        if (answer != Answer.OK) throw ChildException(answers.readUTF(), logged())
    }

    private fun logged(): String = Files.readString(log, Charsets.ISO_8859_1)
}
