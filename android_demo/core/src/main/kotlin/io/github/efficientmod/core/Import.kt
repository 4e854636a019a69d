package io.github.efficientmod.core

import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.LinkOption.NOFOLLOW_LINKS
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardOpenOption.CREATE_NEW
import java.nio.file.StandardOpenOption.WRITE

/** Why a source cannot be imported, where the bundle itself is not at fault. */
class ImportException(
    override val message: String,
    cause: Throwable? = null,
) : Exception(message, cause)

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
            throw ImportException(
                "The bundle cannot be copied (${error.message ?: error.javaClass.simpleName}).",
                error,
            )
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
            throw ImportException("The bundle needs ${megabytes(copy.total)} MB, and ${megabytes(free)} MB are free.")
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
