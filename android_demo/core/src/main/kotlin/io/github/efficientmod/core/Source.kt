package io.github.efficientmod.core

import java.io.Closeable
import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.LinkOption.NOFOLLOW_LINKS
import java.nio.file.Path

/** What lies in a folder of a source under [name]. */
data class SourceEntry(
    val name: String,
    val kind: Kind,
) {
    /** What it is; OTHER has no content that could be read. */
    enum class Kind { FILE, FOLDER, LINK, OTHER }
}

/**
 * Where a bundle comes from, such as a folder that somebody chose: names and streams. Paths have `/`; the root is the empty
 * path. Nothing of it is trusted: names may be anything.
 */
interface BundleSource : Closeable {
    /** What lies in the folder [path], in any order. Throws [IOException]. */
    fun entries(path: String): List<SourceEntry>

    /** The content of the file [path]. Throws [IOException]. */
    fun open(path: String): InputStream
}

/** A bundle in a folder of the file system. */
class FolderSource(
    private val folder: Path,
) : BundleSource {
    override fun entries(path: String): List<SourceEntry> =
        Files.newDirectoryStream(folder.resolve(path)).use { found ->
            found.map { SourceEntry(it.fileName.toString(), kind(it)) }
        }

    override fun open(path: String): InputStream = Files.newInputStream(folder.resolve(path), NOFOLLOW_LINKS)

    override fun close() = Unit

    private fun kind(path: Path): SourceEntry.Kind =
        when {
            Files.isSymbolicLink(path) -> SourceEntry.Kind.LINK
            Files.isDirectory(path, NOFOLLOW_LINKS) -> SourceEntry.Kind.FOLDER
            Files.isRegularFile(path, NOFOLLOW_LINKS) -> SourceEntry.Kind.FILE
            else -> SourceEntry.Kind.OTHER
        }
}
