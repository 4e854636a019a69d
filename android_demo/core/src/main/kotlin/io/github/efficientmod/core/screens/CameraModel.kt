package io.github.efficientmod.core.screens

/** A camera of the phone; [orientation] is its sensor's, in degrees. */
data class PhoneCamera(
    val id: String,
    val front: Boolean,
    val hasTorch: Boolean,
    val orientation: Int,
)

/** What the Camera screen needs of the phone. Each of it may throw what the system throws. */
interface CameraPort {
    /** Whether the user allows the camera. */
    val isAllowed: Boolean

    /** By how many degrees the display is turned from its natural orientation. */
    val displayDegrees: Int

    /** The phone's cameras. */
    fun cameras(): List<PhoneCamera>

    /** Opens [camera], whose frames are to be turned by [rotation], and shows its picture as [shape] says. */
    fun open(
        camera: PhoneCamera,
        rotation: Int,
        shape: PreviewShape,
    )

    /** Closes the camera that is open. */
    fun close()

    /** Turns the torch on or off. */
    fun torch(on: Boolean)

    /** Asks the user for the permission. */
    fun ask()

    /** Opens the system's settings of this app. */
    fun openSettings()
}

/** Opens and closes the camera with its screen, asks for the permission, and tells the model. */
class CameraModel(
    private val model: AppModel,
    private val port: CameraPort,
) {
    private var cameras = emptyList<PhoneCamera>()
    private var current = 0
    private var shown = false
    private var opened = false

    /** Whether the preview can be drawn on; the camera opens when it can and the screen is shown. */
    var hasPreview = false
        set(value) {
            field = value
            if (value) start() else close()
        }

    private val camera get() = cameras.getOrNull(current)

    /** The screen is shown. */
    fun show() {
        shown = true
        start()
    }

    /** The screen is left. */
    fun hide() {
        shown = false
        close()
    }

    private fun start() {
        if (!shown || opened) return
        val allowed = port.isAllowed
        model.film { it.copy(permission = if (allowed) Permission.GIVEN else notAllowed(it.permission)) }
        if (!allowed || model.app.proven.isEmpty()) return
        failing {
            cameras = port.cameras()
            model.film { it.copy(cameras = cameras.size, hasTorch = camera?.hasTorch == true, failed = null) }
            open(camera)
        }
    }

    private fun open(camera: PhoneCamera?) {
        val preprocessing =
            model.app.bundle
                ?.let { picture(it.manifest) }
                ?.preprocessing
        if (camera == null || preprocessing == null || !hasPreview) return
        opened = true
        model.beginFilm()
        val display = port.displayDegrees
        val rotation = frameRotation(camera.orientation, display, camera.front)
        port.open(camera, rotation, previewShape(preprocessing, rotation, display))
    }

    private fun close() {
        if (opened) port.close()
        opened = false
        model.film { it.copy(torch = false, guesses = emptyList(), meter = Meter()) }
    }

    /** The camera ended by itself. */
    fun failed(error: Throwable) {
        close()
        model.film { it.copy(failed = error) }
    }

    private fun failing(act: () -> Unit) {
        runCatching(act).onFailure { failed(it) }
    }

    /** The user answered the question for the permission; [mayAskAgain] is what the system says of another one. */
    fun answered(mayAskAgain: Boolean) {
        model.film { it.copy(permission = if (mayAskAgain) Permission.REFUSED else Permission.FOREVER) }
        start()
    }

    /** The button of the empty screen: [toBundle], to the system's question, or to its settings. */
    fun button(toBundle: () -> Unit) =
        when {
            model.app.proven.isEmpty() -> toBundle()
            model.filming.permission == Permission.FOREVER -> port.openSettings()
            else -> port.ask()
        }

    /** Turns the torch on or off. */
    fun torch() {
        val on = !model.filming.torch
        failing {
            port.torch(on)
            model.film { it.copy(torch = on) }
        }
    }

    /** Takes the next camera. */
    fun flip() {
        if (cameras.isEmpty()) return
        close()
        current = (current + 1) % cameras.size
        start()
    }

    private fun notAllowed(known: Permission) = if (known == Permission.GIVEN) Permission.UNKNOWN else known
}
