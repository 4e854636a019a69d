package io.github.efficientmod.core.screens

import io.github.efficientmod.core.Report
import io.github.efficientmod.core.ReportedConfiguration
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE

/** What the app remembers after its process ended, in files of a private [folder]. What cannot be read is forgotten. */
class Storage(
    private val folder: Path,
) {
    /** The digest of the bundle that was open. */
    var current: String?
        get() = read("current.txt")
        set(value) = write("current.txt", value)

    /** The report of the last run. */
    var report: Report?
        get() = read("report.json")?.let { text -> runCatching { Report.of(text) }.getOrNull() }
        set(value) = write("report.json", value?.toJson())

    /**
     * What was proven of the bundle [digest]; nothing where it was proven by another app, runtime or system: [stamp] names
     * these.
     */
    fun found(
        digest: String,
        stamp: String,
    ): Map<String, ReportedConfiguration> {
        val text = read("found-$digest.json") ?: return emptyMap()
        val record = runCatching { JSON.decodeFromString<Found>(text) }.getOrNull()
        return record?.takeIf { it.stamp == stamp }?.configurations.orEmpty()
    }

    /** Remembers what was proven; the raw outputs are left out, since nothing shows them. */
    fun keep(
        digest: String,
        stamp: String,
        found: Map<String, ReportedConfiguration>,
    ) {
        val small = found.mapValues { (_, one) -> one.copy(replay = one.replay?.copy(outputs = emptyList())) }
        write("found-$digest.json", JSON.encodeToString(Found(stamp, small)))
    }

    private fun read(name: String): String? =
        runCatching { String(Files.readAllBytes(folder.resolve(name))) }.getOrNull()

    private fun write(
        name: String,
        text: String?,
    ) {
        val place = folder.resolve(name)
        if (text == null) {
            Files.deleteIfExists(place)
            return
        }
        Files.createDirectories(folder)
        val half = folder.resolve("$name.part")
        Files.write(half, text.toByteArray())
        Files.move(half, place, ATOMIC_MOVE)
    }

    @Serializable
    private data class Found(
        val stamp: String,
        val configurations: Map<String, ReportedConfiguration>,
    )

    private companion object {
        val JSON = Json { encodeDefaults = true }
    }
}
