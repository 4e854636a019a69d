package io.github.efficientmod.demo.runtime

import io.github.efficientmod.core.Mode

/** The ExecuTorch of this build: XNNPACK on the CPU. */
fun executorch(version: String): ExecuTorchRuntime =
    ExecuTorchRuntime(version, setOf("executorch"), listOf(Mode("cpu", "float32", choosesThreads = true)))
