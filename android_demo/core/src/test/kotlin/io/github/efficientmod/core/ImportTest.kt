package io.github.efficientmod.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayInputStream
import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.Path

class ImportTest {
    @TempDir
    lateinit var folder: Path
    private lateinit var store: BundleStore

    @BeforeEach
    fun makeStore() {
        store = BundleStore(folder.resolve("bundles"))
    }

    @Test
    fun `a folder is imported with what the manifest lists and nothing else`() {
        val source = Example.copyTo(folder.resolve("source"))
        Files.writeString(source.resolve("notes.txt"), "mine")
        val steps = mutableListOf<Pair<Long, Long>>()
        val bundle = FolderSource(source).use { store.import(it) { done, total -> steps += done to total } }
        assertEquals(emptyList<Problem>(), bundle.check())
        assertEquals(names(Example.folder), names(bundle.folder))
        assertEquals(bundle.sha256, bundle.folder.fileName.toString())
        assertEquals(steps.last().second, steps.last().first)
        assertEquals(steps.map { it.first }.sorted(), steps.map { it.first })
        assertEquals(listOf(bundle.sha256), store.bundles().map { it.sha256 })
    }

    @Test
    fun `the same bundle again is the one that is there, and a damaged one is replaced`() {
        val first = FolderSource(Example.folder).use { store.import(it) }
        val artifact = first.folder.resolve("model.tflite")
        val written = Files.getLastModifiedTime(artifact)
        assertEquals(first.folder, FolderSource(Example.folder).use { store.import(it) }.folder)
        assertEquals(written, Files.getLastModifiedTime(artifact))
        Files.writeString(artifact, "TFLITE")
        assertEquals(emptyList<Problem>(), FolderSource(Example.folder).use { store.import(it) }.check())
        store.remove(first)
        assertEquals(emptyList<String>(), store.bundles().map { it.sha256 })
    }

    @Test
    fun `all problems are told and nothing stays`() {
        val source = Example.copyTo(folder.resolve("source"))
        Files.writeString(source.resolve("model.tflite"), "TFLITE")
        Files.delete(source.resolve("labels.txt"))
        Files.createSymbolicLink(source.resolve("model_fp16.mlpackage/link"), Path.of("Manifest.json"))
        source.resolve("recorded").toFile().deleteRecursively()
        Files.createSymbolicLink(source.resolve("recorded"), Path.of("golden"))
        Files.delete(source.resolve("README.md"))
        Files.createDirectory(source.resolve("README.md"))
        Files.writeString(source.resolve("proof.json"), "{}")
        val expected =
            listOf(
                "digest_mismatch" to "model.tflite",
                "link" to "model_fp16.mlpackage",
                "missing_file" to "labels.txt",
                "size_mismatch" to "proof.json",
                "wrong_kind" to "README.md",
                "link" to "recorded/model_fp16.0.logits.bin",
                "link" to "recorded/model_fp16.0.features_1.bin",
                "link" to "recorded/model_fp16.1.logits.bin",
                "link" to "recorded/model_fp16.1.features_1.bin",
            )
        assertEquals(expected, refusals { FolderSource(source).use { store.import(it) } })
        assertEquals(emptyList<String>(), left())
    }

    @Test
    fun `what an import that was ended left behind goes with the next one`() {
        Files.createDirectories(folder.resolve("bundles/.import-1/golden"))
        Files.writeString(folder.resolve("bundles/.import-1/golden/a"), "a")
        assertEquals(emptyList<String>(), store.bundles().map { it.sha256 })
        val bundle = FolderSource(Example.folder).use { store.import(it) }
        assertEquals(listOf(bundle.sha256), left())
    }

    @Test
    fun `an import that is stopped leaves nothing`() {
        class Stopped : RuntimeException()
        val stop = Progress { done, _ -> if (done > 20_000) throw Stopped() }
        assertThrows(Stopped::class.java) { FolderSource(Example.folder).use { store.import(it, stop) } }
        assertEquals(emptyList<String>(), left())
    }

    @Test
    fun `a source that breaks off leaves nothing`() {
        val broken =
            object : BundleSource by FolderSource(Example.folder) {
                override fun open(path: String): InputStream =
                    if (path ==
                        "labels.txt"
                    ) {
                        throw IOException("the cable is out")
                    } else {
                        FolderSource(Example.folder).open(path)
                    }
            }
        val error = assertThrows(ImportException::class.java) { store.import(broken) }
        assertEquals("The bundle cannot be copied (the cable is out).", error.message)
        assertEquals(emptyList<String>(), left())
    }

    @Test
    fun `a source's names are not trusted`() {
        for (name in listOf("..", ".", "", "a/b", "a\\b", "a\nb", "a\u0000b")) {
            val source = withInside(SourceEntry(name, SourceEntry.Kind.FILE))
            assertEquals(listOf("bad_name" to "model_fp16.mlpackage"), refusals { store.import(source) }, name)
        }
        val twice = withInside(SourceEntry("Manifest.json", SourceEntry.Kind.FILE))
        assertThrows(ImportException::class.java) { store.import(twice) }
        val pipe = withInside(SourceEntry("pipe", SourceEntry.Kind.OTHER))
        assertEquals(listOf("wrong_kind" to "model_fp16.mlpackage"), refusals { store.import(pipe) })
        assertEquals(emptyList<String>(), left())
    }

    @Test
    fun `folders without an end are refused`() {
        val endless =
            object : BundleSource by FolderSource(Example.folder) {
                override fun entries(path: String): List<SourceEntry> =
                    if (path.startsWith("model_fp16")) {
                        listOf(SourceEntry("a", SourceEntry.Kind.FOLDER))
                    } else {
                        FolderSource(Example.folder).entries(path)
                    }
            }
        assertEquals(listOf("bad_name" to "model_fp16.mlpackage"), refusals { store.import(endless) })
    }

    @Test
    fun `a file that does not end is refused after the bytes that the manifest states`() {
        var read = 0L
        val endless =
            object : BundleSource by FolderSource(Example.folder) {
                override fun open(path: String): InputStream =
                    if (path == "model.tflite") Zeros { read += it } else FolderSource(Example.folder).open(path)
            }
        assertEquals(listOf("size_mismatch" to "model.tflite"), refusals { store.import(endless) })
        assertTrue(read < 1_000_000) { "$read bytes were read" }
        val manifest =
            object : BundleSource by FolderSource(Example.folder) {
                override fun open(path: String): InputStream = Zeros {}
            }
        assertThrows(ImportException::class.java) { store.import(manifest) }
    }

    @Test
    fun `no import beyond the room and the limit`() {
        val full = BundleStore(folder.resolve("full"), freeBytes = { 33L shl 20 })
        val error = assertThrows(ImportException::class.java) { full.import(stating(2_000_000)) }
        assertEquals("The bundle needs 3 MB, and 35 MB are free.", error.message)
        val small = BundleStore(folder.resolve("small"), mostBytes = 1_000_000)
        assertThrows(ImportException::class.java) { small.import(stating(1_000_000)) }
        assertThrows(ImportException::class.java) { store.import(stating(9_007_199_254_740_991)) }
    }

    @Test
    fun `no bundle is no bundle`() {
        Files.createDirectories(folder.resolve("empty"))
        assertEquals(
            listOf("no_manifest" to "manifest.json"),
            refusals { store.import(FolderSource(folder.resolve("empty"))) },
        )
    }

    @Test
    fun `a folder around the bundle does not matter`() {
        Example.copyTo(folder.resolve("around/out"))
        Files.createDirectories(folder.resolve("around/__MACOSX"))
        val bundle = FolderSource(folder.resolve("around")).use { store.import(it) }
        assertArrayEquals(Example.manifest, Files.readAllBytes(bundle.folder.resolve(MANIFEST_NAME)))
    }

    private fun withInside(extra: SourceEntry) =
        object : BundleSource by FolderSource(Example.folder) {
            override fun entries(path: String): List<SourceEntry> {
                val found = FolderSource(Example.folder).entries(path)
                return if (path == "model_fp16.mlpackage") found + extra else found
            }

            override fun open(path: String): InputStream =
                if (Files.exists(
                        Example.folder.resolve(path),
                    )
                ) {
                    FolderSource(Example.folder).open(path)
                } else {
                    ByteArrayInputStream(ByteArray(0))
                }
        }

    /** The example, whose README is stated to have [size] bytes. */
    private fun stating(size: Long): BundleSource {
        val text = Example.manifest.decodeToString().replace(Regex("(\"README.md\",[^}]*\"size\": )7"), "$1$size")
        return object : BundleSource by FolderSource(Example.folder) {
            override fun open(path: String): InputStream =
                if (path == MANIFEST_NAME) text.byteInputStream() else FolderSource(Example.folder).open(path)
        }
    }

    private fun left(): List<String> {
        val bundles = folder.resolve("bundles")
        if (!Files.exists(bundles)) return emptyList()
        return Files.list(bundles).use { list -> list.map { it.fileName.toString() }.toList() }
    }
}

/** Zeros without an end; [told] how many were read. */
class Zeros(
    private val told: (Int) -> Unit,
) : InputStream() {
    override fun read(): Int = 0.also { told(1) }

    override fun read(
        buffer: ByteArray,
        offset: Int,
        length: Int,
    ): Int = length.also { told(it) }
}

fun names(folder: Path): List<String> =
    Files.walk(folder).use { walk ->
        walk
            .filter { Files.isRegularFile(it) }
            .map { folder.relativize(it).toString() }
            .sorted()
            .toList()
    }
