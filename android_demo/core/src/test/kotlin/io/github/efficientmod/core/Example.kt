package io.github.efficientmod.core

import java.nio.file.Files
import java.nio.file.Path

/** The whole, valid bundle of the vectors, with made-up artifacts. */
object Example {
    val folder: Path = Vectors.folder.resolve("bundle")
    val manifest: ByteArray get() = Files.readAllBytes(folder.resolve(MANIFEST_NAME))

    /** Copies it to [target], which it gives back. */
    fun copyTo(target: Path): Path = target.also { folder.toFile().copyRecursively(it.toFile()) }
}
