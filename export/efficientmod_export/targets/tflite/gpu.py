"""LiteRT's GPU accelerator: what it computes wrongly or refuses, and a separate process that runs files on it."""

from efficientmod_export._vulkan import DRIVERS, find_driver
from efficientmod_export.targets.tflite._gpu_limit import Effect
from efficientmod_export.targets.tflite._gpu_limits import GPU_LIMITS, gpu_findings
from efficientmod_export.targets.tflite._gpu_process import GpuProcess, Ran
from efficientmod_export.targets.tflite._gpu_runtime import refusal
from efficientmod_export.targets.tflite._shown_values import pack

__all__ = ["DRIVERS", "GPU_LIMITS", "Effect", "GpuProcess", "Ran", "find_driver", "gpu_findings", "pack", "refusal"]
