// Read in google-ai-edge/LiteRT at f67457790c9c2ab67347d6fe53270e8d3df20868 (2026-08-21),
// litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/Environment.kt.

package com.google.ai.edge.litert

import android.content.Context

/** The runtime's environment. */
class Environment private constructor() : JniHandle() {
    /** The accelerators that the app has. */
    fun getAvailableAccelerators(): Set<Accelerator> = throw NotImplementedError()

    /** Keys of the options. */
    enum class Option

    companion object {
        @JvmOverloads
        @JvmStatic
        fun create(
            context: Context,
            options: Map<Option, String> = mapOf(),
            enableCompilerCache: Boolean = true,
        ): Environment = throw NotImplementedError()
    }
}
