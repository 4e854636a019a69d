package io.github.efficientmod.core

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.FileTime

/** A bundle of the smallest EfficientMod, made by the toolkit once and again when its sources have changed. */
object RealBundle {
    private val folder: Path = Path.of("target", "real_bundle").toAbsolutePath()

    fun orSkip(): Bundle {
        val python = Python.withToolkitOrSkip()
        if (!isFresh()) make(python)
        return readBundle(folder)
    }

    private fun isFresh(): Boolean {
        val manifest = folder.resolve(MANIFEST_NAME)
        if (!Files.exists(manifest)) return false
        val sources =
            listOf("efficientmod_mobile", "export/efficientmod_export").flatMap {
                times(Vectors.repository.resolve(it))
            }
        return Files.getLastModifiedTime(manifest) > sources.max()
    }

    private fun times(folder: Path): List<FileTime> =
        Files.walk(folder).use { walk ->
            walk.filter { it.toString().endsWith(".py") }.map { Files.getLastModifiedTime(it) }.toList()
        }

    private fun make(python: Path) {
        folder.toFile().deleteRecursively()
        Files.createDirectories(folder.parent)
        val options =
            listOf("--model", "efficientmod_xxs", "--target", "tflite", "--unit", "cpu", "--output", "$folder")
        Python.run(listOf("$python", "-m", "efficientmod_export", "export") + options, seconds = 900)
    }
}
