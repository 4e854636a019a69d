// Read in pytorch/executorch at v1.4.1 (e4d02f41f7909e8ed5bf4a14ffc520d733453d9f),
// extension/android/executorch_android/src/main/java/org/pytorch/executorch/Tensor.kt.

package org.pytorch.executorch

import java.nio.FloatBuffer

/** A tensor. */
abstract class Tensor internal constructor() {
    open val dataAsFloatArray: FloatArray
        get() = throw NotImplementedError()

    companion object {
        @JvmStatic
        fun allocateFloatBuffer(numElements: Int): FloatBuffer = throw NotImplementedError("$numElements")

        @JvmStatic
        fun fromBlob(
            data: FloatBuffer,
            shape: LongArray,
        ): Tensor = throw NotImplementedError("$data ${shape.size}")
    }
}
