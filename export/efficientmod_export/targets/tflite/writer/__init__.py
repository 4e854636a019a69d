"""A writer from ONNX to TFLite: `to_tflite(model) -> bytes`. It knows of no particular network, and needs no
TensorFlow.
"""

from ._convert import to_tflite
from ._errors import UnsupportedNode, UnsupportedOperatorsError
from ._metadata import ImageMetadata
from ._versions import least_runtime

__all__ = ["ImageMetadata", "UnsupportedNode", "UnsupportedOperatorsError", "least_runtime", "to_tflite"]
