package io.github.efficientmod.demo

import android.app.Application
import io.github.efficientmod.core.BundleStore
import io.github.efficientmod.core.PictureDecoder
import io.github.efficientmod.core.Platform
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.screens.AppModel
import io.github.efficientmod.core.screens.RuntimeCheck
import io.github.efficientmod.core.screens.Storage
import io.github.efficientmod.core.screens.Threads
import io.github.efficientmod.core.screens.checked
import io.github.efficientmod.demo.device.AndroidPlatform
import io.github.efficientmod.demo.picture.Photos
import io.github.efficientmod.demo.runtime.LiteRtRuntime
import io.github.efficientmod.demo.runtime.RunnerThread
import io.github.efficientmod.demo.runtime.Versions
import io.github.efficientmod.demo.runtime.executorch
import java.util.concurrent.Executors

/** What outlives a screen: the model, the runtimes and their one thread. */
open class DemoApp : Application() {
    private val litert by lazy { LiteRtRuntime(this, Versions.LITERT) }
    private val executorch by lazy { executorch(getString(R.string.flavour), Versions.EXECUTORCH) }

    /** Every runtime of this build. */
    open val runtimes: List<Runtime> by lazy { listOf(litert, executorch) }
    open val decoder: PictureDecoder = Photos
    open val platform: Platform by lazy { AndroidPlatform(this) }
    val bundles by lazy { BundleStore(filesDir.toPath().resolve("bundles")) }
    open val threads by lazy { Threads(mainExecutor(), RunnerThread(), Executors.newSingleThreadExecutor()) }
    val model by lazy {
        AppModel(platform, runtimes, decoder, bundles, Storage(filesDir.toPath().resolve("model")), threads)
    }

    /** What this build has of each runtime; to be called on the runner's thread. */
    open fun checks(): List<RuntimeCheck> =
        listOf(
            checked(litert.name, litert.version) { litert.accelerators() },
            checked(executorch.name, executorch.version) { executorch.backends() },
        )

    private fun mainExecutor(): java.util.concurrent.Executor {
        val handler = android.os.Handler(mainLooper)
        return java.util.concurrent.Executor { handler.post(it) }
    }
}
