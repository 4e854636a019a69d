package io.github.efficientmod.desktop

import io.github.efficientmod.core.RefusedException
import java.io.File
import java.nio.file.Files
import java.nio.file.Path

private const val NO_SUCH_UNIT = "no_such_unit"

/** Variables by which Vulkan's loader is told a driver. */
private val CHOICES = listOf("VK_ICD_FILENAMES", "VK_DRIVER_FILES")

/** A software driver, the file by which Debian's [debian] package declares it, and the arithmetic that it has. */
private enum class SoftwareDriver(
    val file: String,
    val debian: String,
    val precisions: Set<String>,
) {
    SWIFTSHADER("/usr/lib/chromium/vk_swiftshader_icd.json", "chromium", setOf("float32")),
    LAVAPIPE("/usr/share/vulkan/icd.d/lvp_icd.json", "mesa-vulkan-drivers", setOf("float32", "float16")),
}

/**
 * The file that declares a Vulkan driver with this arithmetic: the one that the environment names, else a software one.
 * Throws [RefusedException] where there is none.
 */
internal fun vulkanDriver(computePrecision: String): String {
    val chosen = CHOICES.firstOrNull { !System.getenv(it).isNullOrEmpty() }
    if (chosen != null) {
        val file = System.getenv(chosen).substringBefore(File.pathSeparator)
        if (!Files.exists(
                Path.of(file),
            )
        ) {
            throw RefusedException("$chosen names $file, which is not there", NO_SUCH_UNIT)
        }
        return file
    }
    val suited = SoftwareDriver.entries.filter { computePrecision in it.precisions }
    val found = suited.firstOrNull { Files.exists(Path.of(it.file)) }
    return found?.file ?: throw RefusedException(
        "there is no Vulkan driver for $computePrecision; apt-get install ${suited.joinToString(
            " or ",
        ) { it.debian }} brings one",
        NO_SUCH_UNIT,
    )
}
