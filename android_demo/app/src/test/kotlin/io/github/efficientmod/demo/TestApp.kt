package io.github.efficientmod.demo

import io.github.efficientmod.core.Clock
import io.github.efficientmod.core.PictureDecoder
import io.github.efficientmod.core.Platform
import io.github.efficientmod.core.Runtime
import io.github.efficientmod.core.screens.RuntimeCheck
import io.github.efficientmod.core.screens.Threads
import io.github.efficientmod.demo.device.AndroidPlatform
import java.time.Instant
import java.util.ArrayDeque
import java.util.concurrent.Executor

/** Work that waits until a test lets it run. */
class Queue : Executor {
    private val waiting = ArrayDeque<Runnable>()

    override fun execute(command: Runnable) {
        waiting += command
    }

    /** Runs what waits, and what that adds; at most [count] of it. */
    fun run(count: Int = Int.MAX_VALUE) {
        repeat(count) { (waiting.poll() ?: return).run() }
    }
}

/** Time that passes only when somebody looks at it or sleeps: a run of minutes takes no time. */
class LookedAtClock : Clock {
    private var now = 1_000_000_000L

    override fun nanos(): Long {
        now += STEP
        return now
    }

    override fun now(): Instant = Instant.parse("2026-11-27T09:30:05Z")

    override fun sleep(nanos: Long) {
        now += nanos
    }

    private companion object {
        const val STEP = 1_000_000L
    }
}

/** The app with a fake runtime, and with threads that a test lets run. */
class TestApp : DemoApp() {
    val fake = FakeRuntime { checkNotNull(bundles.bundles().firstOrNull()) }
    val runner = Queue()
    val files = Queue()
    override val runtimes: List<Runtime> = listOf(fake)
    override val decoder: PictureDecoder = HostPhotos
    override val platform: Platform by lazy {
        val real = AndroidPlatform(this)
        object : Platform by real {
            override val clock = LookedAtClock()
        }
    }
    override val threads = Threads(main = { it.run() }, runner = runner, files = files)

    override fun checks() = listOf(RuntimeCheck("LiteRT", "2.3.2", listOf("CPU", "GPU"), null))
}
