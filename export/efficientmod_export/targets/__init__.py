"""One backend per target: each turns a program into a file, and runs that file where its runtime exists."""

from efficientmod_export.targets._interpreted import INTERPRETED
from efficientmod_export.targets._onnx_model import OnnxBackend
from efficientmod_export.targets._target import BACKENDS, Backend, check_ios, register
from efficientmod_export.targets.coreml._convert import IMAGE, CoremlBackend
from efficientmod_export.targets.executorch._convert import ExecutorchBackend
from efficientmod_export.targets.executorch_coreml._convert import ExecutorchCoremlBackend
from efficientmod_export.targets.executorch_vulkan._convert import ExecutorchVulkanBackend
from efficientmod_export.targets.tflite._convert import TfliteBackend

__all__ = [
    "BACKENDS",
    "IMAGE",
    "INTERPRETED",
    "Backend",
    "CoremlBackend",
    "ExecutorchBackend",
    "ExecutorchCoremlBackend",
    "ExecutorchVulkanBackend",
    "OnnxBackend",
    "TfliteBackend",
    "check_ios",
    "register",
]
