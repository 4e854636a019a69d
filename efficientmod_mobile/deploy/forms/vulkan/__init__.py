"""Operators that ExecuTorch's Vulkan runtime computes wrongly or lacks, written in those that it computes right.

What is wrong there, and since when, is a table of the target `executorch-vulkan` (`_runtime_limits.py`).
"""

from efficientmod_mobile.deploy.forms.vulkan._activations_in_parts import ActivationsInParts
from efficientmod_mobile.deploy.forms.vulkan._depthwise_kernels import DepthwiseKernels
from efficientmod_mobile.deploy.forms.vulkan._fractional_resize import FractionalResize
from efficientmod_mobile.deploy.forms.vulkan._gelu import GELU_ERROR, GeluBySigmoid, TanhGeluBySigmoid
from efficientmod_mobile.deploy.forms.vulkan._grouped_convolutions import UngroupConvolutions
from efficientmod_mobile.deploy.forms.vulkan._layer_norm_affine import LayerNormAffine
from efficientmod_mobile.deploy.forms.vulkan._reductions_keep_axes import ReductionsKeepAxes
from efficientmod_mobile.deploy.forms.vulkan._softmax_in_parts import SoftmaxInParts

__all__ = [
    "GELU_ERROR",
    "ActivationsInParts",
    "DepthwiseKernels",
    "FractionalResize",
    "GeluBySigmoid",
    "LayerNormAffine",
    "ReductionsKeepAxes",
    "SoftmaxInParts",
    "TanhGeluBySigmoid",
    "UngroupConvolutions",
]
