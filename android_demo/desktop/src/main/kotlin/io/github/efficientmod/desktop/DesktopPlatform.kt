package io.github.efficientmod.desktop

import io.github.efficientmod.core.AppFacts
import io.github.efficientmod.core.Clock
import io.github.efficientmod.core.Device
import io.github.efficientmod.core.DeviceFacts
import io.github.efficientmod.core.FolderReports
import io.github.efficientmod.core.Memory
import io.github.efficientmod.core.Platform
import io.github.efficientmod.core.Power
import io.github.efficientmod.core.Thermals
import java.nio.file.Files
import java.nio.file.Path
import java.time.Instant
import java.util.concurrent.locks.LockSupport

private const val APP_NAME = "io.github.efficientmod.desktop"
private const val APP_VERSION = "0.1.0"

/** This Linux machine; it tells neither heat nor power. */
class DesktopPlatform(
    folder: Path,
) : Platform {
    override val clock =
        object : Clock {
            override fun nanos(): Long = System.nanoTime()

            override fun now(): Instant = Instant.now()

            override fun sleep(nanos: Long) {
                val end = System.nanoTime() + nanos
                while (true) {
                    val left = end - System.nanoTime()
                    if (left <= 0) return
                    LockSupport.parkNanos(left)
                }
            }
        }
    override val thermals =
        object : Thermals {
            override fun status(): Int? = null

            override fun headroom(): Float? = null
        }
    override val power =
        object : Power {
            override fun batteryTenths(): Int? = null

            override fun charging(): Boolean? = null

            override fun powerSaver(): Boolean? = null

            override fun brightness(): Int? = null
        }
    override val memory =
        object : Memory {
            override fun status(): String = Files.readString(Path.of("/proc/self/status"))
        }
    override val device =
        object : Device {
            override fun facts(): DeviceFacts = linuxFacts()
        }
    override val reports = FolderReports(folder)
}

private fun linuxFacts(): DeviceFacts {
    val cores = Runtime.getRuntime().availableProcessors()
    return DeviceFacts(
        app = AppFacts(APP_NAME, APP_VERSION, debug = false, platform = "desktop"),
        manufacturer = line("/sys/class/dmi/id/sys_vendor") ?: "unknown",
        model = field("/proc/cpuinfo", "model name") ?: "unknown",
        hardware = "",
        soc = null,
        os = "Linux",
        osVersion = System.getProperty("os.version"),
        osBuild = null,
        abi = System.getProperty("os.arch"),
        cores = cores,
        cpuMaxKhz =
            (0 until cores)
                .mapNotNull { line("/sys/devices/system/cpu/cpu$it/cpufreq/cpuinfo_max_freq")?.toIntOrNull() }
                .takeIf { it.size == cores },
        ramBytes = (field("/proc/meminfo", "MemTotal")?.filter { it.isDigit() }?.toLong() ?: 0) * 1024,
        pageSizeBytes = (field("/proc/self/smaps", "KernelPageSize")?.filter { it.isDigit() }?.toLong() ?: 4) * 1024,
    )
}

private fun line(path: String): String? =
    runCatching { Files.readAllLines(Path.of(path)).first().trim() }.getOrNull()?.ifEmpty { null }

private fun field(
    path: String,
    name: String,
): String? =
    runCatching {
        Files.lines(Path.of(path)).use { lines ->
            lines.filter { it.startsWith(name) }.findFirst().orElse(null)
        }
    }.getOrNull()
        ?.substringAfter(':')
        ?.trim()
