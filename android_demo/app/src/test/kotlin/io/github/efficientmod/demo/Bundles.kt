package io.github.efficientmod.demo

import java.io.ByteArrayOutputStream
import java.io.File
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

/** The bundle of the test vectors as an `.embundle`; [change] may alter a file's bytes, or leave it out by null. */
fun embundle(change: (String, ByteArray) -> ByteArray? = { _, bytes -> bytes }): ByteArray {
    val folder = repository("tests/vectors/bundle")
    val bytes = ByteArrayOutputStream()
    ZipOutputStream(bytes).use { zip ->
        for (file in folder.walkTopDown().filter { it.isFile }.sortedBy { it.path }) {
            val name = file.toRelativeString(folder).replace(File.separatorChar, '/')
            val content = change(name, file.readBytes()) ?: continue
            zip.putNextEntry(stored(name, content))
            zip.write(content)
        }
    }
    return bytes.toByteArray()
}

private fun stored(
    name: String,
    content: ByteArray,
) = ZipEntry(name).apply {
    method = ZipEntry.STORED
    size = content.size.toLong()
    crc = CRC32().apply { update(content) }.value
}
