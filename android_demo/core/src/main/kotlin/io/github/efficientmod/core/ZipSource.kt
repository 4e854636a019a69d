package io.github.efficientmod.core

import java.io.File
import java.io.IOException
import java.io.InputStream
import java.util.zip.CRC32
import java.util.zip.CheckedInputStream
import java.util.zip.ZipEntry
import java.util.zip.ZipException
import java.util.zip.ZipFile

private const val MOST_ENTRIES = 100_000

/**
 * A bundle in one file: an `.embundle`, or a zip that somebody made of the folder. A link in a zip is a file with the
 * link's text, which no digest of a manifest matches. Throws [ImportException] where the file is no such archive.
 */
class ZipSource(
    file: File,
) : BundleSource {
    private val archive =
        try {
            ZipFile(file)
        } catch (error: ZipException) {
            throw ImportException(
                "This file is neither a bundle's archive nor another zip file (${error.message}).",
                error,
            )
        }
    private val files = HashMap<String, ZipEntry>()
    private val folders = HashMap<String, MutableMap<String, SourceEntry.Kind>>().apply { put("", HashMap()) }

    init {
        try {
            index()
        } catch (error: ImportException) {
            archive.close()
            throw error
        }
    }

    override fun entries(path: String): List<SourceEntry> =
        folders[path]?.map { (name, kind) -> SourceEntry(name, kind) }
            ?: throw IOException("no folder $path in the archive")

    override fun open(path: String): InputStream {
        val entry = files[path] ?: throw IOException("no file $path in the archive")
        return Verified(archive.getInputStream(entry), entry.crc)
    }

    override fun close() = archive.close()

    private fun index() {
        if (archive.size() >
            MOST_ENTRIES
        ) {
            throw ImportException("The archive has ${archive.size()} entries; no bundle has so many.")
        }
        for (entry in archive.entries()) {
            val path = entry.name.removeSuffix("/")
            if (path.split('/').any { !isPlainSegment(it) }) {
                throw ImportException(
                    "The archive has an entry with the name ${Field.shown(entry.name)}, which no bundle has.",
                )
            }
            put(path, if (entry.isDirectory) SourceEntry.Kind.FOLDER else SourceEntry.Kind.FILE)
            if (!entry.isDirectory) files[path] = entry
        }
    }

    /** Adds an entry and the folders above it, which an archive need not list. */
    private fun put(
        path: String,
        kind: SourceEntry.Kind,
    ) {
        val parent = path.substringBeforeLast('/', "")
        if (parent.isNotEmpty()) put(parent, SourceEntry.Kind.FOLDER)
        val known = folders.getOrPut(parent) { HashMap() }.put(path.substringAfterLast('/'), kind)
        if (known != null && (known != kind || kind == SourceEntry.Kind.FILE)) {
            throw ImportException("The archive has two entries with the name ${Field.shown(path)}.")
        }
        if (kind == SourceEntry.Kind.FOLDER) folders.getOrPut(path) { HashMap() }
    }
}

/** Whether a name can be that of a file or a folder in a bundle, at any depth. */
internal fun isPlainSegment(name: String): Boolean =
    name.isNotEmpty() && name != "." && name != ".." && '/' !in name && '\u0000' !in name && canBeListed(name)

/** Compares the CRC where the stream ends; Java's own class does not. */
private class Verified(
    stream: InputStream,
    private val crc: Long,
) : CheckedInputStream(stream, CRC32()) {
    override fun read(): Int = super.read().also { compare(it) }

    override fun read(
        buffer: ByteArray,
        offset: Int,
        length: Int,
    ): Int = super.read(buffer, offset, length).also { compare(it) }

    private fun compare(read: Int) {
        if (read < 0 && checksum.value != crc) throw IOException("the archive is damaged: a CRC is wrong")
    }
}
