package io.github.efficientmod.core

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.time.Instant

/** What the core asks of the device that it runs on. Implementations read one value each and decide nothing. */
interface Platform {
    val clock: Clock
    val thermals: Thermals
    val power: Power
    val memory: Memory
    val device: Device
    val reports: Reports
}

/** Time. */
interface Clock {
    /** A clock that does not go backwards, with the finest resolution that there is, in ns. */
    fun nanos(): Long

    /** The time of day, for `started_at`. */
    fun now(): Instant

    /** Waits without using the processor. */
    fun sleep(nanos: Long)
}

/** The device's heat. */
interface Thermals {
    /** Android's thermal status, 0 (none) to 6 (shutdown); null where it is unknown. */
    fun status(): Int?

    /** Android's forecast, 1 where throttling is severe; null or NaN where it is unknown. Asked at most once a second. */
    fun headroom(): Float?
}

/** The battery and the screen; each is null where there is none. */
interface Power {
    /** Tenths of a degree Celsius, as Android's battery broadcast has it. */
    fun batteryTenths(): Int?

    /** Whether a charger is connected. */
    fun charging(): Boolean?

    /** Whether the system saves power. */
    fun powerSaver(): Boolean?

    /** The screen's brightness, 0 to 255. */
    fun brightness(): Int?
}

/** The process's memory. */
interface Memory {
    /** The text of `/proc/self/status`. */
    fun status(): String
}

/** What the device is. */
interface Device {
    /** Read once a run. */
    fun facts(): DeviceFacts
}

/** The device and the app, as the system describes them; null where unknown. [hardware] is Android's `Build.HARDWARE`. */
data class DeviceFacts(
    val app: AppFacts,
    val manufacturer: String,
    val model: String,
    val hardware: String,
    val soc: String?,
    val os: String,
    val osVersion: String,
    val osBuild: String?,
    val abi: String,
    val cores: Int,
    val cpuMaxKhz: List<Int>?,
    val ramBytes: Long,
    val pageSizeBytes: Long,
)

/** The app that measures; [platform] is "android" or "desktop". */
data class AppFacts(
    val name: String,
    val version: String,
    val debug: Boolean,
    val platform: String,
)

/** Where a run's files go: `status.json` while it goes on, `report.json` at its end. */
interface Reports {
    /** Writes [text] whole under another name, then renames it to [name], so that no reader sees half of it. */
    fun write(
        run: String,
        name: String,
        text: String,
    )
}

/**
 * Why a run was stopped from outside. The app's screens and receivers call [raise] when something happens; the first
 * reason stays, so that an app that left the foreground and came back is stopped all the same.
 */
class Interruption {
    @Volatile
    var reason: Abort? = null
        private set

    /** Stops the run at its next call. */
    @Synchronized
    fun raise(abort: Abort) {
        reason = reason ?: abort
    }
}

/** What stops a run; [code] is the report's, [sentence] is for people. */
enum class Abort(
    val code: String,
    val sentence: String,
) {
    BACKGROUND("left_foreground", "the app left the foreground"),
    SCREEN_OFF("left_foreground", "the screen went off"),
    POWER_SAVER("power_saver", "the power saver is on"),
    MEMORY("aborted", "the system is short of memory"),
    USER("aborted", "the user ended the run"),
}

/** Writes the files of a run into `<folder>/<run>/`. */
class FolderReports(
    private val folder: Path,
) : Reports {
    override fun write(
        run: String,
        name: String,
        text: String,
    ) {
        val place = Files.createDirectories(folder.resolve(run))
        val half = Files.write(place.resolve("$name.part"), text.toByteArray())
        Files.move(half, place.resolve(name), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE)
    }
}

/** Whether a device is Android's emulator, by the names that its system image has. */
fun DeviceFacts.isEmulator(): Boolean =
    hardware in setOf("ranchu", "goldfish", "cutf_cvm") ||
        model.startsWith("sdk_") ||
        model.startsWith("Android SDK built for")
