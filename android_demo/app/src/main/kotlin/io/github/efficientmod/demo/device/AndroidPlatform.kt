package io.github.efficientmod.demo.device

import android.content.Context
import io.github.efficientmod.core.Clock
import io.github.efficientmod.core.FolderReports
import io.github.efficientmod.core.Memory
import io.github.efficientmod.core.Platform
import io.github.efficientmod.core.Reports
import java.io.File
import java.time.Instant
import java.util.concurrent.locks.LockSupport

/** This phone, as the core asks for it. */
class AndroidPlatform(
    context: Context,
) : Platform {
    override val clock: Clock = SystemClock
    override val thermals = AndroidThermals(context)
    override val power = AndroidPower(context)
    override val memory: Memory = ProcessMemory
    override val device = AndroidDevice(context)
    override val reports: Reports = FolderReports(runsFolder(context).toPath())

    /** Where runs are written. */
    companion object {
        /** The folder that `adb pull` reads without root; the app's own where there is no shared storage. */
        fun runsFolder(context: Context): File = File(context.getExternalFilesDir(null) ?: context.filesDir, "runs")
    }
}

private object SystemClock : Clock {
    override fun nanos(): Long = System.nanoTime()

    override fun now(): Instant = Instant.now()

    override fun sleep(nanos: Long) = LockSupport.parkNanos(nanos)
}

private object ProcessMemory : Memory {
    override fun status(): String = File("/proc/self/status").readText()
}
