package io.github.efficientmod.demo.picture

import android.content.Context
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraManager
import io.github.efficientmod.core.screens.PhoneCamera

/** The phone's cameras. */
fun phoneCameras(context: Context): List<PhoneCamera> {
    val manager = context.getSystemService(CameraManager::class.java)
    return manager.cameraIdList.map { id ->
        val facts = manager.getCameraCharacteristics(id)
        PhoneCamera(
            id,
            facts[CameraCharacteristics.LENS_FACING] == CameraCharacteristics.LENS_FACING_FRONT,
            facts[CameraCharacteristics.FLASH_INFO_AVAILABLE] == true,
            facts[CameraCharacteristics.SENSOR_ORIENTATION] ?: 0,
        )
    }
}
