package io.github.efficientmod.demo.screens

import android.Manifest.permission.CAMERA
import android.app.Activity
import android.content.Intent
import android.content.pm.PackageManager.PERMISSION_GRANTED
import android.graphics.Matrix
import android.graphics.RectF
import android.graphics.SurfaceTexture
import android.net.Uri
import android.provider.Settings
import android.view.Surface
import android.view.TextureView
import io.github.efficientmod.core.screens.AppModel
import io.github.efficientmod.core.screens.Meter
import io.github.efficientmod.core.screens.Permission
import io.github.efficientmod.core.screens.seenPart
import io.github.efficientmod.demo.picture.CameraFrames
import io.github.efficientmod.demo.picture.PhoneCamera

/** Starts and stops the camera with its screen, asks for the permission, and keeps the model told. */
class CameraControl(
    private val activity: Activity,
    private val view: CameraView,
    private val model: AppModel,
) : TextureView.SurfaceTextureListener {
    private var frames: CameraFrames? = null
    private var cameras = emptyList<PhoneCamera>()
    private var current = 0
    private var wanted = false

    init {
        view.preview.surfaceTextureListener = this
    }

    /** The screen is shown. */
    fun start() {
        wanted = true
        val given = activity.checkSelfPermission(CAMERA) == PERMISSION_GRANTED
        if (!given || model.app.proven.isEmpty()) {
            model.film { it.copy(permission = if (given) Permission.GIVEN else refusal(it.permission)) }
            return
        }
        val made = frames ?: CameraFrames(activity, model::frame, ::failed).also { frames = it }
        cameras = made.cameras()
        model.film {
            it.copy(
                permission = Permission.GIVEN,
                cameras = cameras.size,
                hasTorch = camera()?.hasTorch == true,
                failed = null,
            )
        }
        view.preview.surfaceTexture?.let { run(it) }
    }

    /** The screen is left. */
    fun stop() {
        wanted = false
        frames?.close()
        frames = null
        model.film { it.copy(torch = false, guesses = emptyList(), meter = Meter()) }
    }

    /** The user answered the question for the permission. */
    fun asked() {
        val again = activity.shouldShowRequestPermissionRationale(CAMERA)
        model.film { it.copy(permission = if (again) Permission.REFUSED else Permission.FOREVER) }
        if (wanted) start()
    }

    /** The button of the empty screen: to the bundle, to the system's question, or to its settings. */
    fun button(toBundle: () -> Unit) {
        val permission = model.filming.permission
        when {
            model.app.proven.isEmpty() -> {
                toBundle()
            }

            permission == Permission.FOREVER -> {
                activity.startActivity(
                    Intent(
                        Settings.ACTION_APPLICATION_DETAILS_SETTINGS,
                        Uri.fromParts("package", activity.packageName, null),
                    ),
                )
            }

            else -> {
                activity.requestPermissions(arrayOf(CAMERA), 0)
            }
        }
    }

    /** Turns the torch on or off. */
    fun torch() {
        val on = !model.filming.torch
        frames?.torch(on)
        model.film { it.copy(torch = on) }
    }

    /** Takes the next camera. */
    fun flip() {
        if (cameras.isEmpty()) return
        stop()
        current = (current + 1) % cameras.size
        start()
    }

    private fun refusal(known: Permission) = if (known == Permission.GIVEN) Permission.UNKNOWN else known

    private fun camera() = cameras.getOrNull(current)

    private fun failed(sentence: String) = activity.runOnUiThread { model.film { it.copy(failed = sentence) } }

    private fun run(surface: SurfaceTexture) {
        val camera = camera() ?: return
        val degrees = displayDegrees()
        val upright = degrees % HALF_TURN == 0
        val (width, height) =
            if (upright) {
                CameraFrames.HEIGHT to CameraFrames.WIDTH
            } else {
                CameraFrames.WIDTH to
                    CameraFrames.HEIGHT
            }
        view.frame.ratio = width.toFloat() / height
        val preprocessing =
            model.app.bundle
                ?.manifest
                ?.inputs
                ?.single()
                ?.preprocessing ?: return
        view.crop.seen = seenPart(preprocessing, height, width)
        turnPreview(degrees)
        frames?.start(camera, surface, degrees)
    }

    /** A preview comes upright for the display's natural orientation only. */
    private fun turnPreview(degrees: Int) {
        val (width, height) = view.preview.width.toFloat() to view.preview.height.toFloat()
        val matrix = Matrix()
        if (degrees % HALF_TURN != 0) {
            val turned = RectF(0f, 0f, height, width).apply { offset((width - height) / 2, (height - width) / 2) }
            matrix.setRectToRect(RectF(0f, 0f, width, height), turned, Matrix.ScaleToFit.FILL)
        }
        matrix.postRotate(-degrees.toFloat(), width / 2, height / 2)
        view.preview.setTransform(matrix)
    }

    @Suppress("DEPRECATION") // its successor begins with Android 11
    private fun displayDegrees(): Int =
        when (activity.windowManager.defaultDisplay.rotation) {
            Surface.ROTATION_90 -> 90
            Surface.ROTATION_180 -> 180
            Surface.ROTATION_270 -> 270
            else -> 0
        }

    override fun onSurfaceTextureAvailable(
        surface: SurfaceTexture,
        width: Int,
        height: Int,
    ) {
        if (wanted && frames != null) run(surface)
    }

    override fun onSurfaceTextureSizeChanged(
        surface: SurfaceTexture,
        width: Int,
        height: Int,
    ) = turnPreview(displayDegrees())

    override fun onSurfaceTextureDestroyed(surface: SurfaceTexture) = true

    override fun onSurfaceTextureUpdated(surface: SurfaceTexture) = Unit

    private companion object {
        const val HALF_TURN = 180
    }
}
