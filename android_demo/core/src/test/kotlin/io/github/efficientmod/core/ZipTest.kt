package io.github.efficientmod.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.OutputStream
import java.nio.file.Files
import java.nio.file.Path
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

class ZipTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun `stored and deflated archives are imported, with and without a folder around`() {
        for (method in listOf(ZipEntry.STORED, ZipEntry.DEFLATED)) {
            for (around in listOf("", "out/")) {
                val bundle =
                    import(
                        zip(method) {
                            Example.folder.files().forEach { (name, file) ->
                                add(around + name, file)
                            }
                        },
                    )
                assertEquals(emptyList<Problem>(), bundle.check())
            }
        }
    }

    @Test
    fun `entries of folders may be listed, and files that are not listed are not copied`() {
        val bundle =
            import(
                zip {
                    addFolder("golden/")
                    add("notes.txt", "mine".toByteArray())
                    Example.folder.files().forEach { (name, file) -> add(name, file) }
                },
            )
        assertEquals(names(Example.folder), names(bundle.folder))
    }

    @Test
    fun `names that lead out are refused`() {
        for (name in listOf("../evil", "a/../../evil", "/evil", "a//b", "./a", "a\\..\\evil", "C:\\evil")) {
            val file =
                zip {
                    Example.folder
                        .files()
                        .forEach { (own, bytes) ->
                            add(own, bytes)
                        }.also { add(name, ByteArray(1)) }
                }
            refused(file, "has an entry with the name")
        }
        assertEquals(emptyList<String>(), names(folder).filter { "evil" in it })
    }

    @Test
    fun `a name twice is refused`() {
        // ZipOutputStream writes no name twice; the names have one length, so that one becomes the other in place.
        val file =
            zip {
                Example.folder.files().forEach { (name, bytes) -> add(name, bytes) }
                add("labels.tyt", "other\n".toByteArray())
            }
        val bytes = Files.readAllBytes(file.toPath()).toString(Charsets.ISO_8859_1).replace("labels.tyt", "labels.txt")
        Files.write(file.toPath(), bytes.toByteArray(Charsets.ISO_8859_1))
        refused(file, "two entries with the name 'labels.txt'")
    }

    @Test
    fun `a file that is a folder too is refused`() {
        refused(zip { add("a", ByteArray(1)).also { add("a/b", ByteArray(1)) } }, "two entries with the name 'a'")
        refused(zip { add("a/b", ByteArray(1)).also { add("a", ByteArray(1)) } }, "two entries with the name 'a'")
    }

    @Test
    fun `a bomb is not unpacked`() {
        val size = 256L shl 20
        val file =
            zip(ZipEntry.DEFLATED) {
                Example.folder.files().forEach { (name, bytes) -> if (name != "model.tflite") add(name, bytes) }
                addLarge("model.tflite", size)
            }
        assertTrue(file.length() < 2_000_000)
        val store = folder.resolve("store")
        val refusals = refusals { ZipSource(file).use { BundleStore(store).import(it) } }
        assertEquals(listOf("size_mismatch" to "model.tflite"), refusals)
        assertEquals(emptyList<String>(), names(store))
    }

    @Test
    fun `a manifest that is a bomb is not read`() {
        val file = zip(ZipEntry.DEFLATED) { addLarge("manifest.json", 64L shl 20) }
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
        val error = assertThrows(ImportException::class.java) { import(file) }
        assertTrue(error.message.contains("a CRC is wrong")) { error.message }
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
        text: String,
    ) {
        val error = assertThrows(ImportException::class.java) { import(file) }
        assertTrue(error.message.contains(text)) { error.message }
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

        fun addFolder(name: String) = add(name, ByteArray(0))

        fun addLarge(
            name: String,
            size: Long,
        ) {
            stream.putNextEntry(ZipEntry(name))
            val block = ByteArray(1 shl 20)
            repeat((size / block.size).toInt()) { stream.write(block) }
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
