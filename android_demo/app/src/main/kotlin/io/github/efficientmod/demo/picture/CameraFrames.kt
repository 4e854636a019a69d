package io.github.efficientmod.demo.picture

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.ImageFormat
import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraCaptureSession
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
import io.github.efficientmod.core.screens.FRAME_HEIGHT
import io.github.efficientmod.core.screens.FRAME_WIDTH
import io.github.efficientmod.core.screens.Said
import java.util.concurrent.Semaphore

private const val IMAGES = 3
private val FLASH = mapOf(true to CaptureRequest.FLASH_MODE_TORCH, false to CaptureRequest.FLASH_MODE_OFF)

/** Frames of one camera, turned by [rotation], with its preview on [texture]: opened once, on a thread of its own. */
class CameraFrames(
    private val rotation: Int,
    texture: SurfaceTexture,
    private val onFrame: (Frame, () -> Unit) -> Unit,
    private val onFailure: (Throwable) -> Unit,
) {
    private val thread = HandlerThread("camera").apply { start() }
    private val handler = Handler(thread.looper)
    private val reader = ImageReader.newInstance(FRAME_WIDTH, FRAME_HEIGHT, ImageFormat.YUV_420_888, IMAGES)
    private val preview = Surface(texture.apply { setDefaultBufferSize(FRAME_WIDTH, FRAME_HEIGHT) })
    private val free = Semaphore(IMAGES)
    private var whenOpened: (CameraDevice) -> Unit = ::configure
    private var end: () -> Unit = {}
    private var light: (Int) -> Unit = {}

    /** Opens the camera [id]; the permission must be there. */
    @SuppressLint("MissingPermission")
    fun start(
        context: Context,
        id: String,
    ) {
        reader.setOnImageAvailableListener({ it.acquireLatestImage()?.let(::hand) }, handler)
        context.getSystemService(CameraManager::class.java).openCamera(id, Device(), handler)
    }

    /** Turns the torch on or off. */
    fun torch(on: Boolean) {
        handler.post { light(FLASH.getValue(on)) }
    }

    /** Ends, also a camera that is still opening. */
    fun close() {
        handler.post {
            whenOpened = CameraDevice::close
            end()
        }
    }

    private fun hand(image: Image) {
        free.acquire()
        val (y, cb, cr) = image.planes.map { Plane(it.buffer, it.rowStride, it.pixelStride) }
        onFrame(Frame(image.height, image.width, rotation, y, cb, cr)) {
            image.close()
            free.release()
        }
    }

    @Suppress("DEPRECATION") // its successor begins with Android 9
    private fun configure(camera: CameraDevice) =
        camera.createCaptureSession(listOf(preview, reader.surface), Session(camera), handler)

    private inner class Device : CameraDevice.StateCallback() {
        override fun onOpened(camera: CameraDevice) {
            end = camera::close
            whenOpened(camera)
        }

        override fun onClosed(camera: CameraDevice) {
            free.acquire(IMAGES) // the network may still read the last frame
            reader.close()
            preview.release()
            thread.quitSafely()
        }

        override fun onDisconnected(camera: CameraDevice) = camera.close().also { onFailure(Said("camera.taken")) }

        override fun onError(
            camera: CameraDevice,
            error: Int,
        ) = camera.close().also { onFailure(Said("camera.error", error)) }
    }

    private inner class Session(
        private val camera: CameraDevice,
    ) : CameraCaptureSession.StateCallback() {
        override fun onConfigured(session: CameraCaptureSession) {
            val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW)
            listOf(preview, reader.surface).forEach(request::addTarget)
            light = {
                request[CaptureRequest.FLASH_MODE] = it
                session.setRepeatingRequest(request.build(), null, handler)
            }
            light(CaptureRequest.FLASH_MODE_OFF)
        }

        override fun onConfigureFailed(session: CameraCaptureSession) =
            onFailure(Said("camera.no_session", FRAME_WIDTH, FRAME_HEIGHT))
    }
}
