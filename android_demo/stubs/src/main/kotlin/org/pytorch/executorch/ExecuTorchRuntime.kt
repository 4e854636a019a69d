// Read in pytorch/executorch at v1.4.1 (e4d02f41f7909e8ed5bf4a14ffc520d733453d9f),
// extension/android/executorch_android/src/main/java/org/pytorch/executorch/ExecuTorchRuntime.kt.

package org.pytorch.executorch

/** The runtime. */
class ExecuTorchRuntime private constructor() {
    companion object {
        @JvmStatic
        fun getRegisteredBackends(): Array<String> = throw NotImplementedError()
    }
}
