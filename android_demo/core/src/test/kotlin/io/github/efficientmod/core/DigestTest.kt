package io.github.efficientmod.core

import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.io.TempDir
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.Path
import java.util.Base64
import java.util.concurrent.TimeUnit

class DigestTest {
    @TempDir
    lateinit var folder: Path

    @TestFactory
    fun `vectors`(): List<DynamicTest> =
        Vectors.cases("digests").mapIndexed { index, case ->
            dynamicTest(case.text("name")) {
                val path = folder.resolve("$index")
                val file = case["file"]?.jsonObject
                if (file != null) {
                    val part = file.bytes("base64")
                    Files.newOutputStream(path).use { stream -> repeat(file.int("times")) { stream.write(part) } }
                } else {
                    Files.createDirectories(path)
                    for ((name, content) in case["files"]!!.jsonObject) {
                        Files.createDirectories(path.resolve(name).parent)
                        Files.write(path.resolve(name), Base64.getDecoder().decode(content.jsonPrimitive.content))
                    }
                    case["folders"]!!.jsonArray.forEach {
                        Files.createDirectories(
                            path.resolve(it.jsonPrimitive.content),
                        )
                    }
                    for ((name, target) in case["links"]!!.jsonObject) {
                        Files.createSymbolicLink(path.resolve(name), Path.of(target.jsonPrimitive.content))
                    }
                }
                val refusal = case["refusal"]?.jsonPrimitive?.content
                if (refusal != null) {
                    assertEquals(refusal, assertThrows(ContentException::class.java) { contentOf(path) }.refusal.code)
                } else {
                    val size = case["size"]!!.jsonPrimitive.long
                    assertEquals(Content(case.text("sha256"), size), contentOf(path))
                    assertEquals(size, sizeOf(path))
                }
            }
        }

    @Test
    fun `a pipe and a name that is not UTF-8 have no digest`() {
        assumeTrue(run("mkfifo", "$folder/pipe") == 0, "there is no mkfifo here")
        assertEquals(Refusal.WRONG_KIND, assertThrows(ContentException::class.java) { contentOf(folder) }.refusal)
        Files.delete(folder.resolve("pipe"))
        assumeTrue(run("sh", "-c", "touch \"$folder/$(printf 'K\\344fer')\"") == 0, "the file system wants UTF-8")
        assertEquals(Refusal.BAD_NAME, assertThrows(ContentException::class.java) { contentOf(folder) }.refusal)
    }

    @Test
    fun `a stream is read in blocks`() {
        var left = 300_000_000L
        val zeros =
            object : InputStream() {
                override fun read() = error("one byte at a time")

                override fun read(
                    buffer: ByteArray,
                    offset: Int,
                    length: Int,
                ): Int {
                    val size = minOf(length.toLong(), left).toInt()
                    left -= size
                    return if (size == 0) -1 else size
                }
            }
        // head --bytes 300000000 /dev/zero | sha256sum
        assertEquals("e8671610daa5dc152578d9bfe8e25346aa73fa600f908b235f55bf51d0eb5a05", contentOf(zeros).sha256)
    }

    private fun run(vararg command: String): Int {
        val process = ProcessBuilder(*command).redirectErrorStream(true).start()
        check(process.waitFor(10, TimeUnit.SECONDS))
        return process.exitValue()
    }
}
