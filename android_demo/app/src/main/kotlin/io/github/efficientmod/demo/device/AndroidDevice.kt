package io.github.efficientmod.demo.device

import android.app.ActivityManager
import android.content.Context
import android.content.pm.ApplicationInfo
import android.os.Build
import android.system.Os
import android.system.OsConstants
import io.github.efficientmod.core.AppFacts
import io.github.efficientmod.core.Device
import io.github.efficientmod.core.DeviceFacts
import java.io.File

/** What this phone and this app are. */
class AndroidDevice(
    private val context: Context,
) : Device {
    override fun facts(): DeviceFacts =
        DeviceFacts(
            app = app(),
            manufacturer = Build.MANUFACTURER,
            model = Build.MODEL,
            hardware = Build.HARDWARE,
            soc = soc(),
            os = "Android",
            osVersion = Build.VERSION.RELEASE,
            osBuild = Build.FINGERPRINT,
            abi = Build.SUPPORTED_ABIS.first(),
            cores = Runtime.getRuntime().availableProcessors(),
            cpuMaxKhz = maxKhz(),
            ramBytes = memory().totalMem,
            pageSizeBytes = Os.sysconf(OsConstants._SC_PAGESIZE),
        )

    private fun app(): AppFacts =
        AppFacts(
            name = context.packageName,
            version =
                context.packageManager
                    .getPackageInfo(context.packageName, 0)
                    .versionName
                    .orEmpty(),
            debug = context.applicationInfo.flags and ApplicationInfo.FLAG_DEBUGGABLE != 0,
            platform = "android",
        )

    private fun soc(): String? = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) Build.SOC_MODEL else null

    private fun memory(): ActivityManager.MemoryInfo =
        ActivityManager.MemoryInfo().also { context.getSystemService(ActivityManager::class.java).getMemoryInfo(it) }

    /** Of each core, as the kernel gives it; null where it hides them. */
    private fun maxKhz(): List<Int>? =
        (0 until Runtime.getRuntime().availableProcessors())
            .mapNotNull { core ->
                val file = File("/sys/devices/system/cpu/cpu$core/cpufreq/cpuinfo_max_freq")
                runCatching { file.readText().trim().toInt() }.getOrNull()
            }.ifEmpty { null }
}
