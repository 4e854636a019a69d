package io.github.efficientmod.core

import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption.CREATE_NEW
import java.nio.file.StandardOpenOption.WRITE

private const val MOST_MANIFEST_BYTES = 16 shl 20
private const val MOST_DEPTH = 32
private const val MOST_FILES = 10_000

/** One copy of a bundle from a source, compared with its manifest while it is copied. */
internal class BundleCopy private constructor(
    private val source: BundleSource,
    private val root: String,
    private val content: ByteArray,
    private val progress: Progress,
) {
    private val manifest = readManifest(content)
    private val names = HashMap<String, List<SourceEntry>>()
    private var done = content.size.toLong()

    /** The bundle's digest. */
    val sha256 = contentOf(content.inputStream()).sha256

    /** Bytes of all that is copied. */
    val total = manifest.files().fold(content.size.toLong()) { sum, stored -> saturated(sum, stored.size) }

    /** Copies into the empty [folder]. Throws [BundleException] with all problems. */
    fun to(folder: Path) {
        Files.write(folder.resolve(MANIFEST_NAME), content, CREATE_NEW, WRITE)
        progress.at(done, total)
        val problems = manifest.files().mapNotNull { stored -> copy(stored, folder) }
        if (problems.isNotEmpty()) throw BundleException("The bundle is damaged", problems)
        openBundle(folder).labels()
    }

    private fun copy(
        stored: Stored,
        folder: Path,
    ): Problem? {
        val before = done
        val found =
            try {
                val content = copied(stored, folder)
                if (content == Content(stored.sha256, stored.size)) null else mismatch(stored, content)
            } catch (error: ContentException) {
                error.refusal to error.message
            }
        done = before + stored.size
        return found?.let { (refusal, text) -> Problem(refusal, stored.file, text) }
    }

    private fun mismatch(
        stored: Stored,
        content: Content,
    ) = if (content.size == stored.size) digestMismatch() else sizeMismatch(stored)

    private fun copied(
        stored: Stored,
        folder: Path,
    ): Content {
        val target = folder.resolve(stored.file)
        val kind = kindOf(stored.file)
        val wanted = if (stored.isFolder) SourceEntry.Kind.FOLDER else SourceEntry.Kind.FILE
        if (kind != wanted) throw ContentException(Refusal.WRONG_KIND, WRONG_KIND_TEXT)
        if (!stored.isFolder) return copyFile(join(root, stored.file), target, stored.size)
        val files = mutableListOf<Pair<String, Content>>()
        Files.createDirectories(target)
        copyFolder(Inside(stored, join(root, stored.file), target, files), "", 1)
        return listing(files)
    }

    /** The kind of a listed path, whose folders must be folders. */
    private fun kindOf(file: String): SourceEntry.Kind {
        val steps = file.split('/')
        var above = root
        steps.forEachIndexed { index, name ->
            val entries = names.getOrPut(above) { source.entries(above) }.filter { it.name == name }
            if (entries.size > 1) throw ContentException(Refusal.BAD_NAME, "the source has two entries of that name")
            val kind = entries.firstOrNull()?.kind ?: throw ContentException(Refusal.MISSING_FILE, "it is missing")
            if (kind == SourceEntry.Kind.LINK) throw linked()
            if (index == steps.lastIndex) return kind
            if (kind != SourceEntry.Kind.FOLDER) throw ContentException(Refusal.MISSING_FILE, "it is missing")
            above = join(above, name)
        }
        error("a path has at least one step")
    }

    private fun copyFolder(
        inside: Inside,
        below: String,
        depth: Int,
    ) {
        if (depth >
            MOST_DEPTH
        ) {
            throw ContentException(Refusal.BAD_NAME, "its folders are nested more than $MOST_DEPTH deep")
        }
        for (entry in source.entries(join(inside.path, below))) {
            if (!isPlainSegment(entry.name)) {
                throw ContentException(
                    Refusal.BAD_NAME,
                    "${Field.shown(entry.name)} in it is no name that a bundle can have",
                )
            }
            val path = join(below, entry.name)
            when (entry.kind) {
                SourceEntry.Kind.FOLDER -> {
                    copyFolder(inside, path, depth + 1)
                }

                SourceEntry.Kind.FILE -> {
                    inside.copyFile(path)
                }

                SourceEntry.Kind.LINK -> {
                    throw linked()
                }

                SourceEntry.Kind.OTHER -> {
                    throw ContentException(Refusal.WRONG_KIND, "$path in it is no regular file")
                }
            }
        }
    }

    private fun Inside.copyFile(below: String) {
        if (files.size >=
            MOST_FILES
        ) {
            throw ContentException(Refusal.SIZE_MISMATCH, "it has more than $MOST_FILES files")
        }
        val left = stored.size - files.sumOf { it.second.size }
        val target = target.resolve(below)
        Files.createDirectories(target.parent)
        files += below to copyFile(join(path, below), target, left)
    }

    /** Copies at most [most] bytes; a longer file is refused before more is written. */
    private fun copyFile(
        path: String,
        target: Path,
        most: Long,
    ): Content {
        Files.createDirectories(target.parent)
        var left = most
        return Files.newOutputStream(target, CREATE_NEW, WRITE).use { output ->
            source.open(path).use { input ->
                contentOf(input) { block, size ->
                    left -= size
                    if (left < 0) throw ContentException(Refusal.SIZE_MISMATCH, "it is larger than the manifest states")
                    output.write(block, 0, size)
                    done += size
                    progress.at(done, total)
                }
            }
        }
    }

    /** A folder artifact while it is copied: from [path] to [target], with the [files] so far. */
    private class Inside(
        val stored: Stored,
        val path: String,
        val target: Path,
        val files: MutableList<Pair<String, Content>>,
    )

    /** Opens copies. */
    companion object {
        /** The bundle at the root of [source], or in the one folder there that has a manifest. */
        fun of(
            source: BundleSource,
            progress: Progress,
            mostBytes: Long,
        ): BundleCopy {
            val root = rootOf(source) ?: throw noManifest()
            val content = source.open(join(root, MANIFEST_NAME)).use { readAtMost(it, MOST_MANIFEST_BYTES) }
            val copy = BundleCopy(source, root, content, progress)
            if (copy.total > mostBytes) {
                throw ImportException(ImportFault.TOO_LARGE, copy.total, mostBytes)
            }
            return copy
        }

        private fun rootOf(source: BundleSource): String? {
            val top = source.entries("")
            if (top.any { isManifest(it) }) return ""
            val inside = top.filter { it.kind == SourceEntry.Kind.FOLDER && isPlainSegment(it.name) }
            return inside.map { it.name }.singleOrNull { name -> source.entries(name).any { isManifest(it) } }
        }

        private fun isManifest(entry: SourceEntry) = entry.name == MANIFEST_NAME && entry.kind == SourceEntry.Kind.FILE

        private fun readAtMost(
            stream: InputStream,
            most: Int,
        ): ByteArray {
            val bytes = java.io.ByteArrayOutputStream()
            contentOf(stream) { block, size ->
                if (bytes.size() + size > most) throw ImportException(ImportFault.MANIFEST_TOO_LARGE, most)
                bytes.write(block, 0, size)
            }
            return bytes.toByteArray()
        }

        private fun linked() = ContentException(Refusal.LINK, "it is a symbolic link, or has one in it")

        private fun join(
            folder: String,
            name: String,
        ) = if (folder.isEmpty() || name.isEmpty()) folder + name else "$folder/$name"

        private fun saturated(
            sum: Long,
            size: Long,
        ) = if (size > Long.MAX_VALUE - sum) Long.MAX_VALUE else sum + size
    }
}
