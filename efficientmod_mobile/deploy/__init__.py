"""Capture a module as a program, transform it exactly, and prove that the result is equal.

module -> capture -> Program -> deploy(program, recipe) -> Deployed(program, certificate)
"""

from efficientmod_mobile.deploy._certificate import Certificate, Refusal, Step
from efficientmod_mobile.deploy._deploy import Deployed, deploy
from efficientmod_mobile.deploy._proof import Original
from efficientmod_mobile.deploy._transform import TRANSFORMS, Recipe, Repeat, Transform, apply, register
from efficientmod_mobile.deploy.analysis import Refuse
from efficientmod_mobile.deploy.folds import EXACT, ConstantIntoReaders, FoldConstants, NormAffineIntoReaders
from efficientmod_mobile.deploy.forms import (
    ActivationsInParts,
    AtMostFiveAxes,
    AttentionInProducts,
    AttentionPerHead,
    CentreStreams,
    ChannelsFirst,
    DepthwiseKernels,
    GeluBySigmoid,
    LargeNorms,
    LargeQuotients,
    LayerNormAffine,
    LayerPerSlice,
    LogSoftmaxInParts,
    NormInOperators,
    PortableForms,
    ProductsInBatches,
    ReductionsKeepAxes,
    ScaleAndShiftAsNorm,
    SoftmaxInParts,
    SplitDepthwise,
    TanhGeluBySigmoid,
    UngroupConvolutions,
    Untile,
    WeightPerLayout,
    XnnpackForms,
)
from efficientmod_mobile.deploy.program import Program, capture, run, to_dtype

__all__ = [
    "EXACT",
    "TRANSFORMS",
    "ActivationsInParts",
    "AtMostFiveAxes",
    "AttentionInProducts",
    "AttentionPerHead",
    "CentreStreams",
    "Certificate",
    "ChannelsFirst",
    "ConstantIntoReaders",
    "Deployed",
    "DepthwiseKernels",
    "FoldConstants",
    "GeluBySigmoid",
    "LargeNorms",
    "LargeQuotients",
    "LayerNormAffine",
    "LayerPerSlice",
    "LogSoftmaxInParts",
    "NormAffineIntoReaders",
    "NormInOperators",
    "Original",
    "PortableForms",
    "ProductsInBatches",
    "Program",
    "Recipe",
    "ReductionsKeepAxes",
    "Refusal",
    "Refuse",
    "Repeat",
    "ScaleAndShiftAsNorm",
    "SoftmaxInParts",
    "SplitDepthwise",
    "Step",
    "TanhGeluBySigmoid",
    "Transform",
    "UngroupConvolutions",
    "Untile",
    "WeightPerLayout",
    "XnnpackForms",
    "apply",
    "capture",
    "deploy",
    "register",
    "run",
    "to_dtype",
]
