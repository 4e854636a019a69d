package io.github.efficientmod.demo.picture

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.ImageFormat
import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.media.Image
import android.media.ImageReader
import android.os.Handler
import android.os.HandlerThread
import android.view.Surface
import io.github.efficientmod.core.Frame
import io.github.efficientmod.core.Plane
import io.github.efficientmod.core.screens.frameRotation

/** A camera of the phone. */
class PhoneCamera(
    val id: String,
    val front: Boolean,
    val hasTorch: Boolean,
    val sensorOrientation: Int,
)

/** Frames of one camera, with its preview. All of it happens on a thread of its own. */
class CameraFrames(
    context: Context,
    private val onFrame: (Frame, () -> Unit) -> Unit,
    private val onFailure: (String) -> Unit,
) {
    private val manager = context.getSystemService(CameraManager::class.java)
    private val thread = HandlerThread("camera").apply { start() }
    private val handler = Handler(thread.looper)
    private val reader = ImageReader.newInstance(WIDTH, HEIGHT, ImageFormat.YUV_420_888, IMAGES)
    private var device: CameraDevice? = null
    private var session: CameraCaptureSession? = null
    private var request: CaptureRequest.Builder? = null

    /** The phone's cameras. */
    fun cameras(): List<PhoneCamera> =
        manager.cameraIdList.map { id ->
            val facts = manager.getCameraCharacteristics(id)
            PhoneCamera(
                id,
                facts[CameraCharacteristics.LENS_FACING] == CameraCharacteristics.LENS_FACING_FRONT,
                facts[CameraCharacteristics.FLASH_INFO_AVAILABLE] == true,
                facts[CameraCharacteristics.SENSOR_ORIENTATION] ?: 0,
            )
        }

    /** Opens [camera]; [displayDegrees] is how far the display is turned. The permission must be there. */
    @SuppressLint("MissingPermission")
    fun start(
        camera: PhoneCamera,
        preview: SurfaceTexture,
        displayDegrees: Int,
    ) {
        val rotation = frameRotation(camera.sensorOrientation, displayDegrees, camera.front)
        reader.setOnImageAvailableListener({ it.acquireLatestImage()?.let { image -> hand(image, rotation) } }, handler)
        preview.setDefaultBufferSize(WIDTH, HEIGHT)
        manager.openCamera(camera.id, Opened(Surface(preview)), handler)
    }

    /** Turns the torch on or off. */
    fun torch(on: Boolean) {
        val request = request ?: return
        request[CaptureRequest.FLASH_MODE] = if (on) CaptureRequest.FLASH_MODE_TORCH else CaptureRequest.FLASH_MODE_OFF
        session?.setRepeatingRequest(request.build(), null, handler)
    }

    /** Ends; it cannot start again. */
    fun close() {
        handler.post {
            device?.close()
            reader.close()
            thread.quitSafely()
        }
    }

    private fun hand(
        image: Image,
        rotation: Int,
    ) {
        val (y, cb, cr) = image.planes.map { Plane(it.buffer, it.rowStride, it.pixelStride) }
        onFrame(Frame(image.height, image.width, rotation, y, cb, cr)) { handler.post { image.close() } }
    }

    private inner class Opened(
        private val preview: Surface,
    ) : CameraDevice.StateCallback() {
        @Suppress("DEPRECATION") // its successor begins with Android 9
        override fun onOpened(camera: CameraDevice) {
            device = camera
            camera.createCaptureSession(listOf(preview, reader.surface), Configured(camera, preview), handler)
        }

        override fun onDisconnected(camera: CameraDevice) = camera.close()

        override fun onError(
            camera: CameraDevice,
            error: Int,
        ) {
            camera.close()
            onFailure("the camera reports error $error")
        }
    }

    private inner class Configured(
        private val camera: CameraDevice,
        private val preview: Surface,
    ) : CameraCaptureSession.StateCallback() {
        override fun onConfigured(configured: CameraCaptureSession) {
            session = configured
            val builder = camera.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW)
            listOf(preview, reader.surface).forEach(builder::addTarget)
            request = builder
            configured.setRepeatingRequest(builder.build(), null, handler)
        }

        override fun onConfigureFailed(failed: CameraCaptureSession) =
            onFailure("the camera takes no session of $WIDTH x $HEIGHT")
    }

    /** What is asked of the camera. */
    companion object {
        const val WIDTH = 640
        const val HEIGHT = 480
        private const val IMAGES = 3
    }
}
