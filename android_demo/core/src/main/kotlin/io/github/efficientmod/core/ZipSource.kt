package io.github.efficientmod.core

import java.io.EOFException
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.io.RandomAccessFile
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.charset.CharacterCodingException
import java.util.zip.CRC32
import kotlin.math.max
import kotlin.math.min

// docs/phone_report.md, ".embundle"; PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.4, has the records.

private const val END_BYTES = 22
private const val END_SIGNATURE = 0x06054b50L
private const val ENTRY_BYTES = 46
private const val ENTRY_SIGNATURE = 0x02014b50L
private const val HEADER_BYTES = 30
private const val HEADER_SIGNATURE = 0x04034b50L
private const val MOST_COMMENT = 0xFFFF
private const val ZIP64_COUNT = 0xFFFF
private const val ZIP64 = 0xFFFFFFFFL

/** An `.embundle`: a zip archive whose entries are stored. Throws [ImportException] where the file is no such archive. */
class ZipSource(
    file: File,
) : BundleSource {
    private val archive = RandomAccessFile(file, "r")
    private val entries: Map<String, Entry>
    private val folders = HashMap<String, MutableMap<String, SourceEntry.Kind>>().apply { put("", HashMap()) }

    init {
        try {
            entries = directory()
            entries.keys.forEach { put(it, SourceEntry.Kind.FILE) }
        } catch (error: ImportException) {
            archive.close()
            throw error
        }
    }

    private class Entry(
        val header: Long,
        val size: Long,
        val crc: Long,
    )

    override fun entries(path: String): List<SourceEntry> =
        folders[path]?.map { (name, kind) -> SourceEntry(name, kind) }
            ?: throw IOException("no folder $path in the archive")

    override fun open(path: String): InputStream {
        val entry = entries[path] ?: throw IOException("no file $path in the archive")
        val header = bytes(entry.header, HEADER_BYTES.toLong())
        if (header.long(0) != HEADER_SIGNATURE) throw notAnArchive()
        val name = bytes(entry.header + HEADER_BYTES, header.short(26).toLong())
        if (!name.array().contentEquals(path.toByteArray())) throw damaged(path)
        val start = entry.header + HEADER_BYTES + header.short(26) + header.short(28)
        if (start + entry.size > archive.length()) throw notAnArchive()
        return Content(path, start, entry)
    }

    override fun close() = archive.close()

    private fun directory(): Map<String, Entry> {
        val end = end()
        val (count, length, start) = Triple(end.short(10), end.long(12), end.long(16))
        val several = end.short(4) != 0 || end.short(6) != 0 || end.short(8) != count
        if (several || count >= ZIP64_COUNT || length >= ZIP64 || start >= ZIP64) throw notAnArchive()
        val directory = bytes(start, length)
        val found = LinkedHashMap<String, Entry>()
        val names = HashSet<String>()
        var place = 0
        repeat(count) {
            val (name, entry) = entry(directory, place)
            if (!names.add(name.lowercase())) throw ImportException(ImportFault.REPEATED_ENTRY, Field.shown(name))
            found[name] = entry
            place +=
                ENTRY_BYTES + directory.short(place + 28) + directory.short(place + 30) + directory.short(place + 32)
        }
        if (place != directory.limit()) throw notAnArchive()
        return found
    }

    /** The record at the end, which lies before a comment. */
    private fun end(): ByteBuffer {
        val length = archive.length()
        val first = max(0, length - END_BYTES - MOST_COMMENT)
        val tail = bytes(first, length - first)
        for (place in tail.limit() - END_BYTES downTo 0) {
            val isEnd = tail.long(place) == END_SIGNATURE && tail.short(place + 20) == tail.limit() - END_BYTES - place
            if (isEnd) return bytes(first + place, END_BYTES.toLong())
        }
        throw notAnArchive()
    }

    private fun entry(
        directory: ByteBuffer,
        place: Int,
    ): Pair<String, Entry> {
        val fits = place + ENTRY_BYTES <= directory.limit() && directory.long(place) == ENTRY_SIGNATURE
        if (!fits || place + ENTRY_BYTES + directory.short(place + 28) > directory.limit()) throw notAnArchive()
        val raw = directory.array().copyOfRange(place + ENTRY_BYTES, place + ENTRY_BYTES + directory.short(place + 28))
        val name = nameOf(raw)
        val encrypted = directory.short(place + 8) and 1 == 1
        val (packed, size) = directory.long(place + 20) to directory.long(place + 24)
        if (encrypted || directory.short(place + 10) != 0 || packed != size) {
            throw ImportException(ImportFault.COMPRESSED_ENTRY, Field.shown(name))
        }
        return name to Entry(directory.long(place + 42), size, directory.long(place + 16))
    }

    private fun nameOf(raw: ByteArray): String {
        val name =
            try {
                Charsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(raw))
                    .toString()
            } catch (_: CharacterCodingException) {
                throw ImportException(ImportFault.PATH_OUTSIDE, Field.shown(String(raw)))
            }
        val outside =
            name.split('/').any {
                !isPlainSegment(it) || '\\' in it ||
                    it.any { c -> c < ' ' || c == '\u007F' }
            }
        if (outside) throw ImportException(ImportFault.PATH_OUTSIDE, Field.shown(name))
        return name
    }

    /** Adds a file or a folder, and the folders above it, which an archive does not list. */
    private fun put(
        path: String,
        kind: SourceEntry.Kind,
    ) {
        val parent = path.substringBeforeLast('/', "")
        if (parent !in folders) put(parent, SourceEntry.Kind.FOLDER)
        val known = folders.getValue(parent).put(path.substringAfterLast('/'), kind)
        if (known != null && known != kind) throw ImportException(ImportFault.REPEATED_ENTRY, Field.shown(path))
        if (kind == SourceEntry.Kind.FOLDER) folders.getOrPut(path) { HashMap() }
    }

    private fun bytes(
        start: Long,
        length: Long,
    ): ByteBuffer {
        if (length > Int.MAX_VALUE || start + length > archive.length()) throw notAnArchive()
        val bytes = ByteArray(length.toInt())
        archive.seek(start)
        archive.readFully(bytes)
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
    }

    /** The bytes of an entry; where they end, their CRC is compared. */
    private inner class Content(
        private val path: String,
        private val start: Long,
        private val entry: Entry,
    ) : InputStream() {
        private val crc = CRC32()
        private var done = 0L

        override fun read(): Int {
            val one = ByteArray(1)
            return if (read(one, 0, 1) < 0) -1 else one[0].toInt() and 0xFF
        }

        override fun read(
            buffer: ByteArray,
            offset: Int,
            length: Int,
        ): Int {
            val count = min(length.toLong(), entry.size - done).toInt()
            if (count == 0 && length > 0) {
                if (crc.value != entry.crc) throw damaged(path)
                return -1
            }
            archive.seek(start + done)
            val read = archive.read(buffer, offset, count)
            if (read < 0) throw EOFException("the archive became shorter")
            crc.update(buffer, offset, read)
            done += read
            return read
        }
    }
}

/** Whether a name can be that of a file or a folder in a bundle, at any depth. */
internal fun isPlainSegment(name: String): Boolean =
    name.isNotEmpty() && name != "." && name != ".." && '/' !in name && '\u0000' !in name && canBeListed(name)

private fun notAnArchive() = ImportException(ImportFault.NOT_AN_ARCHIVE)

private fun damaged(path: String) = ImportException(ImportFault.DAMAGED_ENTRY, Field.shown(path))

private fun ByteBuffer.short(place: Int): Int = getShort(place).toInt() and 0xFFFF

private fun ByteBuffer.long(place: Int): Long = getInt(place).toLong() and ZIP64
