package io.github.efficientmod.demo.runtime

import io.github.efficientmod.core.Mode

/** The ExecuTorch that the app is built with: each flavour of the build names itself in its resource `flavour`. */
fun executorch(
    flavour: String,
    version: String,
): ExecuTorchRuntime = FLAVOURS.getValue(flavour)(version)

private val FLAVOURS: Map<String, (String) -> ExecuTorchRuntime> =
    mapOf(
        // XNNPACK on the CPU.
        "xnnpack" to { version ->
            ExecuTorchRuntime(version, setOf("executorch"), listOf(Mode("cpu", "float32", choosesThreads = true)))
        },
        // Vulkan on the GPU, in the arithmetic that its file was exported for.
        "vulkan" to { version ->
            val modes = listOf("float32", "float16").map { Mode("gpu", it, choosesThreads = false) }
            ExecuTorchRuntime(version, setOf("executorch-vulkan"), modes)
        },
    )
