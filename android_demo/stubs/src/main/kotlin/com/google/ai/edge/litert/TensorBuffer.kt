// Read in google-ai-edge/LiteRT at f67457790c9c2ab67347d6fe53270e8d3df20868 (2026-08-21),
// litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/TensorBuffer.kt.

package com.google.ai.edge.litert

/** A tensor's memory. */
class TensorBuffer internal constructor() : JniHandle() {
    fun writeFloat(data: FloatArray): Unit = throw NotImplementedError("$data")

    fun readFloat(): FloatArray = throw NotImplementedError()
}
