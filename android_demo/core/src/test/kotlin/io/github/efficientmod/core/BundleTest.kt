package io.github.efficientmod.core

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assumptions.assumeFalse
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions

class BundleTest {
    @TempDir
    lateinit var folder: Path

    @TestFactory
    fun `every edited bundle is refused with its codes`(): List<DynamicTest> =
        Vectors.cases("bundles").mapIndexed { index, case ->
            dynamicTest(case.text("name")) {
                val bundle = Example.copyTo(folder.resolve("$index/bundle"))
                case["edits"]!!.jsonArray.forEach { edit(bundle, it.jsonObject) }
                val expected =
                    case["refusals"]!!.jsonArray.map {
                        it.jsonObject.text("code") to
                            it.jsonObject.text("file")
                    }
                assertEquals(expected, refusals { readBundle(bundle) })
            }
        }

    @Test
    fun `a bundle reached through a link is read`() {
        Example.copyTo(folder.resolve("bundle"))
        val link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("bundle"))
        assertEquals("tiny", readBundle(link).manifest.model.name)
    }

    @Test
    fun `labels of another count are refused`() {
        val bundle = Example.copyTo(folder.resolve("bundle"))
        val labels = bundle.resolve("labels.txt")
        Files.write(labels, "one\ntwo\n".toByteArray())
        val content = contentOf(labels)
        val manifest = bundle.resolve("manifest.json")
        val text = Files.readString(manifest)
        val entry = text.substringAfter("\"labels\": {").substringBefore("}")
        val changed =
            entry
                .replace(Regex("[0-9a-f]{64}"), content.sha256)
                .replace("\"size\": 56", "\"size\": ${content.size}")
        Files.writeString(manifest, text.replace(entry, changed))
        assertEquals(listOf("bad_labels" to "labels.txt"), refusals { readBundle(bundle) })
    }

    @Test
    fun `a bundle that the system does not let be read is told apart from none`() {
        assumeFalse(System.getProperty("user.name") == "root", "root may read everything")
        val bundle = Example.copyTo(folder.resolve("bundle"))
        Files.setPosixFilePermissions(bundle.resolve("manifest.json"), PosixFilePermissions.fromString("---------"))
        assertEquals(listOf("unreadable" to "manifest.json"), refusals { readBundle(bundle) })
    }

    @Test
    fun `a folder in place of the manifest is unreadable, no folder is no bundle`() {
        Files.createDirectories(folder.resolve("a/manifest.json"))
        assertEquals(listOf("unreadable" to "manifest.json"), refusals { openBundle(folder.resolve("a")) })
        Files.createFile(folder.resolve("file"))
        assertEquals(listOf("no_manifest" to "manifest.json"), refusals { openBundle(folder.resolve("file")) })
    }

    @Test
    fun `the message names the first five problems and counts the others`() {
        val bundle = Example.copyTo(folder.resolve("bundle"))
        Files.walk(bundle.resolve("golden")).use { walk ->
            walk.filter { Files.isRegularFile(it) }.forEach(Files::delete)
        }
        val error = assertThrows(BundleException::class.java) { readBundle(bundle) }
        assertEquals(8, error.problems.size)
        val shown = error.message.orEmpty()
        assertEquals(
            "The bundle is damaged: golden/tall.image.png: it is missing; golden/tall.image.bin: it is missing; " +
                "golden/tall.logits.bin: it is missing; golden/tall.features_1.bin: it is missing; " +
                "golden/wide.image.png: it is missing; and 3 more. Export the bundle again.",
            shown,
        )
    }

    @Test
    fun `a bundle without labels has none`() {
        val bundle = Example.copyTo(folder.resolve("bundle"))
        val manifest = bundle.resolve("manifest.json")
        val text = Files.readString(manifest)
        val entry = "{" + text.substringAfter("\"labels\": {").substringBefore("}") + "}"
        Files.writeString(manifest, text.replace("\"labels\": $entry", "\"labels\": null"))
        assertNull(readBundle(bundle).labels())
    }

    private fun edit(
        bundle: Path,
        edit: JsonObject,
    ) {
        val file = bundle.resolve(edit.text("file"))
        when (edit.text("edit")) {
            "write" -> {
                Files.createDirectories(file.parent)
                Files.write(file, edit.bytes("base64"))
            }

            "replace" -> {
                val text = Files.readString(file)
                assertEquals(2, text.split(edit.text("old")).size)
                Files.writeString(file, text.replace(edit.text("old"), edit.text("new")))
            }

            "remove" -> {
                file.toFile().deleteRecursively()
            }

            "folder" -> {
                Files.createDirectories(file)
            }

            "link" -> {
                Files.createSymbolicLink(file, Path.of(edit.text("to")))
            }

            else -> {
                error("unknown edit $edit")
            }
        }
    }
}

/** The codes and files of the problems that [read] is refused with; none where it is not refused. */
fun refusals(read: () -> Any?): List<Pair<String, String>> =
    try {
        read()
        emptyList()
    } catch (error: BundleException) {
        error.problems.map { it.refusal.code to it.file }.distinct()
    }
