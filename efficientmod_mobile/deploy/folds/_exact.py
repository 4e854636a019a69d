"""The exact folds in their order: the recipe that makes any network cheaper."""

from efficientmod_mobile.deploy._transform import Recipe, Repeat
from efficientmod_mobile.deploy.folds._attention_scale import AttentionScaleIntoQuery
from efficientmod_mobile.deploy.folds._batch_norm import BatchNormAlone, BatchNormIntoProducer, BatchNormIntoReaders
from efficientmod_mobile.deploy.folds._constant_folding import FoldConstants, ProductAsLinear
from efficientmod_mobile.deploy.folds._identities import Identity
from efficientmod_mobile.deploy.folds._norm_affine import NormAffineIntoReaders
from efficientmod_mobile.deploy.folds._parallel_layers import ParallelLayers
from efficientmod_mobile.deploy.folds._scale_and_shift import ConstantIntoProducer, ConstantIntoReaders
from efficientmod_mobile.deploy.folds._sequential_layers import SequentialLayers

EXACT: Recipe = (
    FoldConstants(),
    Identity(),
    ProductAsLinear(),
    Repeat(
        (
            BatchNormIntoProducer(),
            ConstantIntoProducer(),
            AttentionScaleIntoQuery(),
            ParallelLayers(),
            BatchNormIntoReaders(),
            NormAffineIntoReaders(),
            ConstantIntoReaders(),
            SequentialLayers(),
        )
    ),
    BatchNormAlone(),
)
"""The transforms that every target gets, in their order."""
