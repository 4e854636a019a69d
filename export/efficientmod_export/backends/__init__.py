"""One backend per target: each turns a program into a file, and runs that file where its runtime exists."""

from efficientmod_export.backends._backend import BACKENDS, Backend, check_ios, register
from efficientmod_export.backends._coreml import IMAGE, CoremlBackend
from efficientmod_export.backends._executorch import ExecutorchBackend
from efficientmod_export.backends._executorch_coreml import ExecutorchCoremlBackend
from efficientmod_export.backends._executorch_vulkan import ExecutorchVulkanBackend
from efficientmod_export.backends._interpreted import INTERPRETED
from efficientmod_export.backends._onnx import OnnxBackend
from efficientmod_export.backends._tflite import TfliteBackend

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
