package io.github.efficientmod.core

import java.io.IOException
import java.nio.file.Files
import java.nio.file.LinkOption.NOFOLLOW_LINKS
import java.nio.file.NoSuchFileException
import java.nio.file.Path

/** A bundle in a [folder]. [sha256] is that of its `manifest.json`, which has the SHA-256 of every other file. */
class Bundle(
    val folder: Path,
    val manifest: Manifest,
    val sha256: String,
) {
    /** Where a listed file is. */
    fun path(stored: Stored): Path = folder.resolve(stored.file)

    /** What a listed file holds; for files that fit into memory. Throws [IOException]. */
    fun bytes(stored: Stored): ByteArray = Files.readAllBytes(path(stored))

    /** The class names, label i for score i, or null where there are none. Throws [BundleException]. */
    fun labels(): List<String>? {
        val stored = manifest.labels ?: return null
        val problem = { text: String -> Problem(Refusal.BAD_LABELS, stored.file, text) }
        return try {
            val labels = parseLabels(bytes(stored))
            require(labels.size == stored.count) {
                "it has ${labels.size} lines, but the manifest states ${stored.count}"
            }
            labels
        } catch (error: IllegalArgumentException) {
            throw BundleException("The bundle is damaged", listOf(problem(error.message.orEmpty())), cause = error)
        } catch (error: IOException) {
            throw BundleException("The bundle is damaged", listOf(unreadable(stored.file, error)), cause = error)
        }
    }

    /** The problem of one listed file, or null where it is as the manifest states. It reads the whole file. */
    fun check(stored: Stored): Problem? =
        try {
            compare(stored)?.let { (refusal, text) -> Problem(refusal, stored.file, text) }
        } catch (error: ContentException) {
            Problem(error.refusal, stored.file, error.message)
        } catch (error: IOException) {
            unreadable(stored.file, error)
        }

    /** The problems of all listed files, and of the labels. */
    fun check(): List<Problem> {
        val problems = manifest.files().mapNotNull { check(it) }
        val labels = manifest.labels
        if (labels == null || problems.any { it.file == labels.file }) return problems
        return try {
            labels()
            problems
        } catch (error: BundleException) {
            problems + error.problems
        }
    }

    private fun compare(stored: Stored): Pair<Refusal, String>? {
        val path = path(stored)
        val links = generateSequence(path) { it.parent }.takeWhile { it != folder }.any { Files.isSymbolicLink(it) }
        return when {
            links -> {
                Refusal.LINK to "it is a symbolic link, or in a linked folder"
            }

            !Files.exists(path, NOFOLLOW_LINKS) -> {
                Refusal.MISSING_FILE to "it is missing"
            }

            Files.isDirectory(path, NOFOLLOW_LINKS) != stored.isFolder -> {
                Refusal.WRONG_KIND to WRONG_KIND_TEXT
            }

            !stored.isFolder && !Files.isRegularFile(path, NOFOLLOW_LINKS) -> {
                Refusal.WRONG_KIND to
                    "it is no regular file"
            }

            sizeOf(path) != stored.size -> {
                sizeMismatch(stored)
            }

            contentOf(path) != Content(stored.sha256, stored.size) -> {
                digestMismatch()
            }

            else -> {
                null
            }
        }
    }
}

/** The bundle in [folder], of which the manifest alone is read. Throws [BundleException]. */
fun openBundle(folder: Path): Bundle {
    val content =
        try {
            Files.readAllBytes(folder.resolve(MANIFEST_NAME))
        } catch (error: NoSuchFileException) {
            throw noManifest(error)
        } catch (error: IOException) {
            if (!Files.isDirectory(folder)) throw noManifest(error)
            throw cannotBeRead(unreadable(MANIFEST_NAME, error), error)
        }
    return Bundle(folder, readManifest(content), contentOf(content.inputStream()).sha256)
}

/** The bundle in [folder] with every file checked. Throws [BundleException] with all problems. */
fun readBundle(folder: Path): Bundle {
    val bundle = openBundle(folder)
    val problems = bundle.check()
    if (problems.isNotEmpty()) throw BundleException("The bundle is damaged", problems)
    return bundle
}

internal const val WRONG_KIND_TEXT = "it is a folder in place of a file, or a file in place of a folder"

internal val Stored.isFolder: Boolean get() = this is Artifact && kind == ArtifactKind.FOLDER

internal fun sizeMismatch(stored: Stored) =
    Refusal.SIZE_MISMATCH to "its size is not the ${stored.size} bytes that the manifest states"

internal fun digestMismatch() = Refusal.DIGEST_MISMATCH to "its SHA-256 is not the one that the manifest states"

internal fun noManifest(cause: Throwable? = null) =
    BundleException(
        "This is not a bundle",
        listOf(Problem(Refusal.NO_MANIFEST, MANIFEST_NAME, "there is none")),
        "Name the folder of an export.",
        cause,
    )

private fun cannotBeRead(
    problem: Problem,
    cause: Throwable,
) = BundleException("The bundle cannot be read", listOf(problem), "Check the file's permissions.", cause)

internal fun unreadable(
    file: String,
    error: IOException,
) = Problem(
    Refusal.UNREADABLE,
    file,
    "the system does not let it be read (${error.message ?: error.javaClass.simpleName})",
)
