package io.github.efficientmod.demo

import android.os.Build
import android.window.OnBackInvokedCallback
import android.window.OnBackInvokedDispatcher

/** From Android 13 on the system asks before it goes back; without a callback it shows where back leads, out of the app. */
object BackHandling {
    private val callbacks = java.util.WeakHashMap<MainActivity, OnBackInvokedCallback>()

    /** Makes the callback of a window. */
    fun register(activity: MainActivity) {
        if (Build.VERSION.SDK_INT >=
            Build.VERSION_CODES.TIRAMISU
        ) {
            callbacks[activity] = OnBackInvokedCallback { activity.back() }
        }
    }

    /** Takes over going back where [inside] the app there is somewhere to go. */
    fun update(
        activity: MainActivity,
        inside: Boolean,
    ) {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU) return
        val callback = callbacks.getValue(activity)
        val dispatcher = activity.onBackInvokedDispatcher
        dispatcher.unregisterOnBackInvokedCallback(callback)
        if (inside) dispatcher.registerOnBackInvokedCallback(OnBackInvokedDispatcher.PRIORITY_DEFAULT, callback)
    }
}
