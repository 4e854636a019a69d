"""A writer from ONNX to TFLite: `to_tflite(model) -> bytes`. It has no code for particular networks, and needs no
TensorFlow.
"""

from ._builder import Builder
from ._convert import to_tflite
from ._errors import UnsupportedNode, UnsupportedOperatorsError
from ._metadata import ImageMetadata
from ._model import WeightForm, build
from ._versions import least_runtime

__all__ = [
    "Builder",
    "ImageMetadata",
    "UnsupportedNode",
    "UnsupportedOperatorsError",
    "WeightForm",
    "build",
    "least_runtime",
    "to_tflite",
]
