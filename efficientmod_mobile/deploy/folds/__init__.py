"""Exact rewritings that make any network cheaper, and `EXACT`, their order."""

from efficientmod_mobile.deploy.folds._attention_scale import AttentionScaleIntoQuery
from efficientmod_mobile.deploy.folds._batch_norm import BatchNormAlone, BatchNormIntoProducer, BatchNormIntoReaders
from efficientmod_mobile.deploy.folds._constant_folding import FoldConstants, ProductAsLinear
from efficientmod_mobile.deploy.folds._exact import EXACT
from efficientmod_mobile.deploy.folds._identities import Identity
from efficientmod_mobile.deploy.folds._norm_affine import NormAffineIntoReaders
from efficientmod_mobile.deploy.folds._parallel_layers import ParallelLayers
from efficientmod_mobile.deploy.folds._scale_and_shift import ConstantFold, ConstantIntoProducer, ConstantIntoReaders
from efficientmod_mobile.deploy.folds._sequential_layers import SequentialLayers

__all__ = [
    "EXACT",
    "AttentionScaleIntoQuery",
    "BatchNormAlone",
    "BatchNormIntoProducer",
    "BatchNormIntoReaders",
    "ConstantFold",
    "ConstantIntoProducer",
    "ConstantIntoReaders",
    "FoldConstants",
    "Identity",
    "NormAffineIntoReaders",
    "ParallelLayers",
    "ProductAsLinear",
    "SequentialLayers",
]
