// Read in pytorch/executorch at v1.4.1 (e4d02f41f7909e8ed5bf4a14ffc520d733453d9f),
// extension/android/executorch_android/src/main/java/org/pytorch/executorch/EValue.kt.

package org.pytorch.executorch

/** A value that goes into a method or comes out of it. */
class EValue private constructor() {
    fun toTensor(): Tensor = throw NotImplementedError()

    companion object {
        @JvmStatic
        fun from(tensor: Tensor): EValue = throw NotImplementedError("$tensor")
    }
}
