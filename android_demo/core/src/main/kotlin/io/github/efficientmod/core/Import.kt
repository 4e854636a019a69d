package io.github.efficientmod.core

import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.LinkOption.NOFOLLOW_LINKS
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardOpenOption.CREATE_NEW
import java.nio.file.StandardOpenOption.WRITE

/** Why a source cannot be imported, where the bundle itself is not at fault; {0} and {1} are numbers, names, or words. */
enum class ImportFault(
    val sentence: String,
) {
    NOT_AN_ARCHIVE("This file is no bundle's archive, or not the whole of it. Make it with efficientmod pack."),
    COMPRESSED_ENTRY("{0} is compressed in the archive. Make it with efficientmod pack."),
    PATH_OUTSIDE("The archive has an entry with the name {0}, which no bundle has."),
    REPEATED_ENTRY("The archive has two entries with the name {0}."),
    DAMAGED_ENTRY("The archive is damaged: {0} is not what was written."),
    MANIFEST_TOO_LARGE("The manifest is larger than {0} bytes."),
    TOO_LARGE("The bundle states {0} bytes, and this app takes at most {1}."),
    NO_ROOM("The bundle needs {0} MB, and {1} MB are free."),
    CANNOT_COPY("The bundle cannot be copied ({0})."),
}

/** Thrown where a source cannot be imported. [fault] and [arguments] make the sentence, in any language. */
class ImportException(
    val fault: ImportFault,
    vararg val arguments: Any,
    cause: Throwable? = null,
) : Exception(cause) {
    override val message: String = filled(fault.sentence, *arguments)
}

/** A text with its `{0}`, `{1}`, ... replaced. */
internal fun filled(
    text: String,
    vararg arguments: Any,
): String = arguments.foldIndexed(text) { index, filled, argument -> filled.replace("{$index}", argument.toString()) }

/** Told while a bundle is copied; it may throw to stop the import, of which nothing stays. */
fun interface Progress {
    /** [done] of [total] bytes are copied. */
    fun at(
        done: Long,
        total: Long,
    )
}

/**
 * The bundles in an app's private [folder], each in a folder named by the bundle's digest.
 *
 * An import copies what the manifest lists and nothing else, into a temporary folder that is renamed when all of it is as
 * the manifest states: so a bundle is there whole or not at all. It never writes more than the manifest states, nor
 * than [mostBytes], nor over a file that is there.
 */
class BundleStore(
    private val folder: Path,
    private val mostBytes: Long = 4L shl 30,
    private val freeBytes: () -> Long = { folder.toFile().usableSpace },
) {
    /** The bundles that are there, their files not checked. Damaged ones are left out. */
    fun bundles(): List<Bundle> =
        folders().filter { !it.fileName.toString().startsWith(TEMPORARY) }.mapNotNull {
            try {
                openBundle(it)
            } catch (_: BundleException) {
                null
            }
        }

    /** Removes a bundle. */
    fun remove(bundle: Bundle) = delete(bundle.folder)

    /**
     * Copies a bundle from [source], which stays open. A bundle that is there already and undamaged is returned as it is.
     * Throws [BundleException] with all its problems, or [ImportException].
     */
    @Synchronized
    fun import(
        source: BundleSource,
        progress: Progress = Progress { _, _ -> },
    ): Bundle {
        Files.createDirectories(folder)
        folders().filter { it.fileName.toString().startsWith(TEMPORARY) }.forEach(::delete) // of an app that was ended
        return try {
            import(BundleCopy.of(source, progress, mostBytes))
        } catch (error: IOException) {
            throw ImportException(ImportFault.CANNOT_COPY, error.message ?: error.javaClass.simpleName, cause = error)
        }
    }

    private fun import(copy: BundleCopy): Bundle {
        val place = folder.resolve(copy.sha256)
        if (Files.exists(place, NOFOLLOW_LINKS)) {
            runCatching { return readBundle(place) }
            delete(place)
        }
        val free = freeBytes()
        if (free < copy.total + RESERVE) {
            throw ImportException(ImportFault.NO_ROOM, megabytes(copy.total), megabytes(free))
        }
        val temporary = Files.createTempDirectory(folder, TEMPORARY)
        try {
            copy.to(temporary)
            Files.move(temporary, place, ATOMIC_MOVE)
        } finally {
            delete(temporary)
        }
        return openBundle(place)
    }

    private fun folders(): List<Path> =
        if (Files.isDirectory(folder)) Files.newDirectoryStream(folder).use { it.sorted() } else emptyList()

    private companion object {
        const val TEMPORARY = ".import-"
        const val RESERVE = 32L shl 20

        fun megabytes(bytes: Long) = (bytes + 999_999) / 1_000_000

        fun delete(path: Path) {
            if (!Files.exists(path, NOFOLLOW_LINKS)) return
            Files.walk(path).use { walk -> walk.sorted(Comparator.reverseOrder()).forEach { Files.delete(it) } }
        }
    }
}
