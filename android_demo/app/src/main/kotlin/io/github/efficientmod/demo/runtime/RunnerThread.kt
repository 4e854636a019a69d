package io.github.efficientmod.demo.runtime

import android.os.Process
import java.util.concurrent.Executor
import java.util.concurrent.Executors

/**
 * The one thread that opens, runs and closes every session: a GPU's context belongs to the thread that made it, and
 * ExecuTorch's thread pool is the process's. Its priority is that of what the user waits for.
 */
class RunnerThread : Executor {
    private val executor =
        Executors.newSingleThreadExecutor { work ->
            Thread({
                Process.setThreadPriority(Process.THREAD_PRIORITY_URGENT_DISPLAY)
                work.run()
            }, "runner")
        }

    override fun execute(command: Runnable) = executor.execute(command)
}
