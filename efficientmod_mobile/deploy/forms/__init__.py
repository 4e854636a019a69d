"""Exact rewritings into the operators and layouts that one runtime runs fast."""

from efficientmod_mobile.deploy.forms._attention_as_products import AttentionInProducts, ProductsInBatches
from efficientmod_mobile.deploy.forms._attention_per_head import AttentionPerHead
from efficientmod_mobile.deploy.forms._centred_residual_stream import CentreStreams
from efficientmod_mobile.deploy.forms._large_norms import LargeNorms
from efficientmod_mobile.deploy.forms._large_quotients import LargeQuotients
from efficientmod_mobile.deploy.forms._layer_per_slice import LayerPerSlice
from efficientmod_mobile.deploy.forms._log_softmax_in_parts import LogSoftmaxInParts
from efficientmod_mobile.deploy.forms._norm_in_operators import NormInOperators
from efficientmod_mobile.deploy.forms._scale_and_shift_as_norm import ScaleAndShiftAsNorm
from efficientmod_mobile.deploy.forms._untile import Untile
from efficientmod_mobile.deploy.forms.channels_first import ChannelsFirst
from efficientmod_mobile.deploy.forms.five_axes import AtMostFiveAxes
from efficientmod_mobile.deploy.forms.portable import PortableForms
from efficientmod_mobile.deploy.forms.vulkan import (
    ActivationsInParts,
    DepthwiseKernels,
    FractionalResize,
    GeluBySigmoid,
    LayerNormAffine,
    ReductionsKeepAxes,
    SoftmaxInParts,
    TanhGeluBySigmoid,
    UngroupConvolutions,
)
from efficientmod_mobile.deploy.forms.xnnpack import DepthwiseInPairs, SplitDepthwise, WeightPerLayout, XnnpackForms

__all__ = [
    "ActivationsInParts",
    "AtMostFiveAxes",
    "AttentionInProducts",
    "AttentionPerHead",
    "CentreStreams",
    "ChannelsFirst",
    "DepthwiseInPairs",
    "DepthwiseKernels",
    "FractionalResize",
    "GeluBySigmoid",
    "LargeNorms",
    "LargeQuotients",
    "LayerNormAffine",
    "LayerPerSlice",
    "LogSoftmaxInParts",
    "NormInOperators",
    "PortableForms",
    "ProductsInBatches",
    "ReductionsKeepAxes",
    "ScaleAndShiftAsNorm",
    "SoftmaxInParts",
    "SplitDepthwise",
    "TanhGeluBySigmoid",
    "UngroupConvolutions",
    "Untile",
    "WeightPerLayout",
    "XnnpackForms",
]
