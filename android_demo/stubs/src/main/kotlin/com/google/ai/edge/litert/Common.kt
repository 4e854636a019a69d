// Read in google-ai-edge/LiteRT at f67457790c9c2ab67347d6fe53270e8d3df20868 (2026-08-21),
// litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/Common.kt.

package com.google.ai.edge.litert

/** Where a model runs. */
enum class Accelerator { CPU, GPU }

/** What every wrapper of a native object is. */
abstract class JniHandle : AutoCloseable {
    final override fun close(): Unit = throw NotImplementedError()
}
