// Read in pytorch/executorch at v1.4.1 (e4d02f41f7909e8ed5bf4a14ffc520d733453d9f),
// extension/android/executorch_android/src/main/java/org/pytorch/executorch/Module.kt and MethodMetadata.kt.

package org.pytorch.executorch

import java.io.Closeable

/** A program that is loaded. */
open class Module private constructor() : Closeable {
    open fun forward(vararg inputs: EValue): Array<EValue> = throw NotImplementedError("${inputs.size}")

    open fun loadMethod(methodName: String): Unit = throw NotImplementedError(methodName)

    open fun getMethodMetadata(name: String): MethodMetadata = throw NotImplementedError(name)

    override fun close(): Unit = throw NotImplementedError()

    companion object {
        const val LOAD_MODE_MMAP: Int = 1

        @JvmStatic
        @JvmOverloads
        fun load(
            modelPath: String?,
            loadMode: Int = 0,
            numThreads: Int = 0,
        ): Module = throw NotImplementedError("$modelPath $loadMode $numThreads")
    }
}

/** What is known of a method. */
class MethodMetadata internal constructor(
    val backends: Array<String>,
)
