package io.github.efficientmod.demo.device

import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.os.BatteryManager
import android.os.PowerManager
import android.provider.Settings
import io.github.efficientmod.core.Power

private const val MISSING = Int.MIN_VALUE

/** The battery's last broadcast, the power saver and the screen's brightness. */
class AndroidPower(
    private val context: Context,
) : Power {
    private val manager = context.getSystemService(PowerManager::class.java)

    override fun batteryTenths(): Int? = battery(BatteryManager.EXTRA_TEMPERATURE)

    override fun charging(): Boolean? = battery(BatteryManager.EXTRA_PLUGGED)?.let { it != 0 }

    override fun powerSaver(): Boolean = manager.isPowerSaveMode

    override fun brightness(): Int? =
        Settings.System.getInt(context.contentResolver, Settings.System.SCREEN_BRIGHTNESS, MISSING).known()

    private fun battery(name: String): Int? =
        context
            .registerReceiver(null, IntentFilter(Intent.ACTION_BATTERY_CHANGED))
            ?.getIntExtra(name, MISSING)
            ?.known()

    private fun Int.known(): Int? = takeIf { it != MISSING }
}
