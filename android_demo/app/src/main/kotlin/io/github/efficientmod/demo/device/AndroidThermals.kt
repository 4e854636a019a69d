package io.github.efficientmod.demo.device

import android.content.Context
import android.os.Build.VERSION.SDK_INT
import android.os.Build.VERSION_CODES.Q
import android.os.Build.VERSION_CODES.R
import android.os.PowerManager
import io.github.efficientmod.core.Thermals

/** The system's thermal state: known from Android 10, its forecast from Android 11. */
class AndroidThermals(
    context: Context,
) : Thermals {
    private val manager = context.getSystemService(PowerManager::class.java)

    override fun status(): Int? = if (SDK_INT >= Q) manager.currentThermalStatus else null

    override fun headroom(): Float? = if (SDK_INT >= R) manager.getThermalHeadroom(NOW_S) else null

    private companion object {
        const val NOW_S = 0
    }
}
