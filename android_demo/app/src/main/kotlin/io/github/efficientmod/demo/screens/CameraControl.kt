package io.github.efficientmod.demo.screens

import android.Manifest.permission.CAMERA
import android.app.Activity
import android.content.Intent
import android.content.pm.PackageManager.PERMISSION_GRANTED
import android.graphics.SurfaceTexture
import android.net.Uri
import android.provider.Settings
import android.view.Surface
import android.view.TextureView
import io.github.efficientmod.core.screens.AppModel
import io.github.efficientmod.core.screens.CameraModel
import io.github.efficientmod.core.screens.CameraPort
import io.github.efficientmod.core.screens.PhoneCamera
import io.github.efficientmod.core.screens.PreviewShape
import io.github.efficientmod.demo.picture.CameraFrames
import io.github.efficientmod.demo.picture.phoneCameras

private val DEGREES =
    mapOf(Surface.ROTATION_0 to 0, Surface.ROTATION_90 to 90, Surface.ROTATION_180 to 180, Surface.ROTATION_270 to 270)

/** The phone as the Camera screen's model asks for it, and the screen's preview. */
class CameraControl(
    private val activity: Activity,
    private val view: CameraView,
    private val app: AppModel,
) : CameraPort,
    TextureView.SurfaceTextureListener {
    /** What is done with the camera. */
    val model = CameraModel(app, this)
    private var frames: CameraFrames? = null

    init {
        view.preview.surfaceTextureListener = this
    }

    override val isAllowed get() = activity.checkSelfPermission(CAMERA) == PERMISSION_GRANTED

    @Suppress("DEPRECATION") // its successor begins with Android 11
    override val displayDegrees get() = DEGREES.getValue(activity.windowManager.defaultDisplay.rotation)

    override fun cameras() = phoneCameras(activity)

    override fun open(
        camera: PhoneCamera,
        rotation: Int,
        shape: PreviewShape,
    ) {
        view.shape = shape
        val texture = checkNotNull(view.preview.surfaceTexture)
        frames = CameraFrames(rotation, texture, app::frame, ::failed).apply { start(activity, camera.id) }
    }

    override fun close() {
        frames?.close()
        frames = null
    }

    override fun torch(on: Boolean) {
        frames?.torch(on)
    }

    override fun ask() = activity.requestPermissions(arrayOf(CAMERA), 0)

    override fun openSettings() {
        val app = Uri.fromParts("package", activity.packageName, null)
        activity.startActivity(Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, app))
    }

    /** The user answered the question for the permission. */
    fun answered() = model.answered(activity.shouldShowRequestPermissionRationale(CAMERA))

    private fun failed(error: Throwable) = activity.runOnUiThread { model.failed(error) }

    override fun onSurfaceTextureAvailable(
        surface: SurfaceTexture,
        width: Int,
        height: Int,
    ) {
        model.hasPreview = true
    }

    override fun onSurfaceTextureSizeChanged(
        surface: SurfaceTexture,
        width: Int,
        height: Int,
    ) = view.turnPreview()

    override fun onSurfaceTextureDestroyed(surface: SurfaceTexture): Boolean {
        model.hasPreview = false
        return true
    }

    override fun onSurfaceTextureUpdated(surface: SurfaceTexture) = Unit
}
