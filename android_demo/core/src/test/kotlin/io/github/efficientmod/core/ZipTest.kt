package io.github.efficientmod.core

import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.OutputStream
import java.nio.file.Files
import java.nio.file.Path
import java.util.Base64
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

class ZipTest {
    @TempDir
    lateinit var folder: Path

    @TestFactory
    fun vectors(): List<DynamicTest> =
        Vectors.cases("archives").map { case ->
            DynamicTest.dynamicTest(case.text("name")) {
                val file = folder.resolve("vector.embundle").toFile()
                file.writeBytes(case.bytes("base64"))
                val read = { ZipSource(file).use { contents(it, "") } }
                if (case["refusal"] is JsonNull) {
                    assertEquals(case["files"], JsonObject(read().mapValues { JsonPrimitive(it.value) }))
                } else {
                    val error = assertThrows(ImportException::class.java) { read() }
                    assertEquals(case.text("refusal"), error.fault.name.lowercase())
                }
            }
        }

    /** The files below a folder, in base64. */
    private fun contents(
        source: BundleSource,
        path: String,
    ): Map<String, String> =
        source.entries(path).fold(emptyMap()) { found, entry ->
            val inside = if (path.isEmpty()) entry.name else "$path/${entry.name}"
            found +
                if (entry.kind == SourceEntry.Kind.FOLDER) {
                    contents(source, inside)
                } else {
                    mapOf(inside to Base64.getEncoder().encodeToString(source.open(inside).use { it.readBytes() }))
                }
        }

    @Test
    fun `what efficientmod pack wrote is imported`() {
        assertEquals(emptyList<Problem>(), import(Vectors.folder.resolve("bundle.embundle").toFile()).check())
    }

    @Test
    fun `an archive with a folder around the bundle is imported`() {
        val bundle = import(zip { Example.folder.files().forEach { (name, file) -> add("out/$name", file) } })
        assertEquals(emptyList<Problem>(), bundle.check())
    }

    @Test
    fun `files that are not listed are not copied`() {
        val bundle =
            import(
                zip {
                    add("notes.txt", "mine".toByteArray())
                    Example.folder.files().forEach { (name, file) -> add(name, file) }
                },
            )
        assertEquals(names(Example.folder), names(bundle.folder))
    }

    @Test
    fun `names that lead out are refused, and nothing is written`() {
        for (name in listOf("../evil", "a/../../evil", "/evil", "a//b", "./a", "a\\..\\evil", "C:\\evil", "golden/")) {
            val file =
                zip {
                    Example.folder
                        .files()
                        .forEach { (own, bytes) ->
                            add(own, bytes)
                        }.also { add(name, ByteArray(0)) }
                }
            refused(file, ImportFault.PATH_OUTSIDE)
        }
        assertEquals(emptyList<String>(), names(folder).filter { "evil" in it })
    }

    @Test
    fun `a compressed archive says how to make it`() {
        val file = zip(ZipEntry.DEFLATED) { Example.folder.files().forEach { (name, bytes) -> add(name, bytes) } }
        assertTrue("efficientmod pack" in refused(file, ImportFault.COMPRESSED_ENTRY))
    }

    @Test
    fun `a file that is a folder too is refused`() {
        refused(zip { add("a", ByteArray(1)).also { add("a/b", ByteArray(1)) } }, ImportFault.REPEATED_ENTRY)
        refused(zip { add("a/b", ByteArray(1)).also { add("a", ByteArray(1)) } }, ImportFault.REPEATED_ENTRY)
    }

    @Test
    fun `a manifest that is a bomb is not read`() {
        val file = zip { add("manifest.json", ByteArray(17 shl 20)) }
        val error = assertThrows(ImportException::class.java) { import(file) }
        assertEquals("The manifest is larger than 16777216 bytes.", error.message)
    }

    @Test
    fun `a link in an archive is not followed`() {
        // As `zip --symlinks` stores it: a file with the link's text.
        val file =
            zip {
                Example.folder.files().forEach { (name, bytes) ->
                    add(name, if (name == "labels.txt") "README.md".toByteArray() else bytes)
                }
            }
        assertEquals(listOf("size_mismatch" to "labels.txt"), refusals { import(file) })
    }

    @Test
    fun `a wrong checksum is refused`() {
        val file = zip { Example.folder.files().forEach { (name, bytes) -> add(name, bytes) } }
        val text = Files.readAllBytes(file.toPath()).toString(Charsets.ISO_8859_1)
        // In the manifest, whose SHA-256 nothing else states.
        val changed = text.replace("\"name\": \"tiny\"", "\"name\": \"tony\"")
        Files.write(file.toPath(), changed.toByteArray(Charsets.ISO_8859_1))
        refused(file, ImportFault.DAMAGED_ENTRY)
    }

    @Test
    fun `what is no archive is refused, whatever is cut off or changed`() {
        val whole =
            Files.readAllBytes(
                zip {
                    Example.folder.files().forEach { (name, bytes) ->
                        add(name, bytes)
                    }
                }.toPath(),
            )
        val file = folder.resolve("broken.zip")
        val sizes = listOf(0, 1, 21, 22, whole.size / 2, whole.size - 1)
        for (size in sizes) {
            Files.write(file, whole.copyOf(size))
            assertThrows(ImportException::class.java) { import(file.toFile()) }
        }
        val random = java.util.Random(0)
        repeat(300) {
            val changed = whole.copyOf()
            repeat(3) { changed[whole.size - 1 - random.nextInt(4000)] = random.nextInt().toByte() }
            Files.write(file, changed)
            try {
                assertEquals(emptyList<Problem>(), import(file.toFile()).check())
            } catch (_: ImportException) {
                // refused
            } catch (_: BundleException) {
                // refused
            }
        }
    }

    private fun import(file: File): Bundle =
        ZipSource(file).use { source ->
            val store = Files.createTempDirectory(folder, "store")
            BundleStore(store).import(source)
        }

    private fun refused(
        file: File,
        fault: ImportFault,
    ): String {
        val error = assertThrows(ImportException::class.java) { import(file) }
        assertEquals(fault, error.fault)
        return error.message
    }

    private fun zip(
        method: Int = ZipEntry.STORED,
        write: Zip.() -> Unit,
    ): File {
        val file = Files.createTempFile(folder, "archive", ".embundle").toFile()
        file.outputStream().use { Zip(it, method).use(write) }
        return file
    }

    private fun Path.files(): List<Pair<String, ByteArray>> = names(this).map { it to Files.readAllBytes(resolve(it)) }

    /** An archive that is being written. */
    private class Zip(
        output: OutputStream,
        private val method: Int,
    ) : AutoCloseable {
        private val stream = ZipOutputStream(output)

        fun add(
            name: String,
            bytes: ByteArray,
        ) {
            stream.putNextEntry(entry(name, bytes))
            stream.write(bytes)
            stream.closeEntry()
        }

        override fun close() = stream.close()

        private fun entry(
            name: String,
            bytes: ByteArray,
        ) = ZipEntry(name).also {
            it.method = method
            if (method == ZipEntry.STORED) {
                it.size = bytes.size.toLong()
                it.compressedSize = it.size
                it.crc = CRC32().apply { update(bytes) }.value
            }
        }
    }
}
