package io.github.efficientmod.core

import java.io.IOException
import java.io.InputStream
import java.io.UncheckedIOException
import java.nio.file.Files
import java.nio.file.LinkOption.NOFOLLOW_LINKS
import java.nio.file.Path
import java.security.MessageDigest

private const val BLOCK = 1 shl 16
private const val NOT_IN_NAMES = "\\\n\r"

/** The SHA-256 of a file or of a folder's listing, and the size in bytes of all that was read for it. */
data class Content(
    val sha256: String,
    val size: Long,
)

/** A path that has no digest. [refusal] is LINK, WRONG_KIND or BAD_NAME. */
class ContentException(
    val refusal: Refusal,
    override val message: String,
) : Exception(message)

/** The content of a [stream], which is read in blocks to its end; each block is also handed to [copy]. */
fun contentOf(
    stream: InputStream,
    copy: (block: ByteArray, size: Int) -> Unit = { _, _ -> },
): Content {
    val digest = MessageDigest.getInstance("SHA-256")
    val block = ByteArray(BLOCK)
    var size = 0L
    while (true) {
        val read = stream.read(block)
        if (read < 0) return Content(hexadecimal(digest.digest()), size)
        digest.update(block, 0, read)
        copy(block, read)
        size += read
    }
}

/** The content of a file, or of a folder as the format defines it. Throws [ContentException], [IOException]. */
fun contentOf(path: Path): Content {
    if (Files.isDirectory(path, NOFOLLOW_LINKS)) {
        return listing(
            filesBelow(path).map { (name, file) ->
                name to
                    contentOf(file)
            },
        )
    }
    if (Files.isSymbolicLink(path)) throw ContentException(Refusal.LINK, "it is a symbolic link")
    if (!Files.isRegularFile(path, NOFOLLOW_LINKS)) throw ContentException(Refusal.WRONG_KIND, "it is no regular file")
    return Files.newInputStream(path).use { contentOf(it) }
}

/** The size in bytes of a file, or of all files below a folder. Throws [ContentException], [IOException]. */
fun sizeOf(path: Path): Long =
    if (Files.isDirectory(path, NOFOLLOW_LINKS)) {
        filesBelow(path).sumOf { (_, file) ->
            Files.size(file)
        }
    } else {
        Files.size(path)
    }

/** A folder's content from the names, relative to it, and contents of its files. */
internal fun listing(files: List<Pair<String, Content>>): Content {
    val lines =
        files.sortedWith { a, b -> compareUtf8(a.first, b.first) }.joinToString("") { (name, content) ->
            "${content.sha256}  $name\n"
        }
    return Content(contentOf(lines.byteInputStream()).sha256, files.sumOf { it.second.size })
}

/** Whether a folder's listing can hold the name of a file below it, or a part of the name. */
internal fun canBeListed(name: String): Boolean = name.none { it in NOT_IN_NAMES }

private fun filesBelow(folder: Path): List<Pair<String, Path>> {
    val entries =
        try {
            Files.walk(folder).use { walk -> walk.filter { !Files.isDirectory(it, NOFOLLOW_LINKS) }.toArray() }
        } catch (error: UncheckedIOException) {
            throw IOException(error.message, error)
        }
    val files = entries.map { it as Path }
    files.firstOrNull { Files.isSymbolicLink(it) }?.let { link ->
        throw ContentException(Refusal.LINK, "${folder.relativize(link)} in it is a symbolic link")
    }
    return files.map { file ->
        val name = folder.relativize(file).joinToString("/")
        // A name that is not UTF-8 becomes another one as text.
        if (!canBeListed(name) || file.fileSystem.getPath(file.toString()) != file) {
            throw ContentException(
                Refusal.BAD_NAME,
                "the name ${Field.shown(name)} has a backslash or a line end, or is not UTF-8",
            )
        }
        name to file
    }
}

/** The order of the UTF-8 bytes is the order of the code points; that of Kotlin's texts is another one. */
private fun compareUtf8(
    a: String,
    b: String,
): Int {
    val left = a.encodeToByteArray()
    val right = b.encodeToByteArray()
    val differing =
        left.indices.firstOrNull { it >= right.size || left[it] != right[it] } ?: return left.size - right.size
    return if (differing >= right.size) 1 else left[differing].toUByte().compareTo(right[differing].toUByte())
}

private fun hexadecimal(bytes: ByteArray): String =
    bytes.joinToString("") { byte -> (byte.toInt() and 0xFF).toString(16).padStart(2, '0') }
