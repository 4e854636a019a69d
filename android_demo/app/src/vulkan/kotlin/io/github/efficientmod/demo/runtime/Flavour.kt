package io.github.efficientmod.demo.runtime

import io.github.efficientmod.core.Mode

/** The ExecuTorch of this build: Vulkan on the GPU, in the arithmetic that its file was exported for. */
fun executorch(version: String): ExecuTorchRuntime =
    ExecuTorchRuntime(
        version,
        setOf("executorch-vulkan"),
        listOf("float32", "float16").map { Mode("gpu", it, choosesThreads = false) },
    )
