"""Operators that ExecuTorch's XNNPACK delegate lacks, written in those that it has."""

from efficientmod_mobile.deploy.forms.xnnpack._depthwise_in_pairs import DepthwiseInPairs
from efficientmod_mobile.deploy.forms.xnnpack._depthwise_kernels import DEPTHWISE_TAPS, row_bands
from efficientmod_mobile.deploy.forms.xnnpack._split_depthwise import SplitDepthwise
from efficientmod_mobile.deploy.forms.xnnpack._weight_per_layout import WeightPerLayout
from efficientmod_mobile.deploy.forms.xnnpack._xnnpack_forms import XnnpackForms

__all__ = ["DEPTHWISE_TAPS", "DepthwiseInPairs", "SplitDepthwise", "WeightPerLayout", "XnnpackForms", "row_bands"]
