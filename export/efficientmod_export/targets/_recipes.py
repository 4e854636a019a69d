"""Recipes that several targets share; docs/forms.md states why each form is in them, and what it saves."""

from efficientmod_mobile.deploy import (
    EXACT,
    AtMostFiveAxes,
    AttentionInProducts,
    AttentionPerHead,
    CentreStreams,
    ChannelsFirst,
    ConstantIntoReaders,
    FoldConstants,
    LargeNorms,
    LargeQuotients,
    LayerPerSlice,
    LogSoftmaxInParts,
    NormAffineIntoReaders,
    NormInOperators,
    PortableForms,
    ProductsInBatches,
    Recipe,
    Repeat,
    ScaleAndShiftAsNorm,
    Untile,
)

PORTABLE: Recipe = (FoldConstants(), Repeat((PortableForms(),)), *EXACT)
"""The exact folds, after the forms that replace operators which some runtime lacks."""

PORTABLE_FLOAT16: Recipe = (*PORTABLE, LargeNorms(), LargeQuotients())
"""The same for what also runs in float16."""

_CENTRED: Recipe = (
    *PORTABLE,
    CentreStreams(),
    Repeat((ConstantIntoReaders(), NormAffineIntoReaders())),  # into the layers that centring added
)

_WITHOUT_NORMS: Recipe = (
    Untile(),
    AttentionInProducts(),
    ProductsInBatches(),
    Repeat((ChannelsFirst(),)),
    LayerPerSlice(),
)

CHANNELS_FIRST: Recipe = (*_CENTRED, NormInOperators(), *_WITHOUT_NORMS)
"""(N, C, H, W) throughout, no norms, no repeats, products of rank 3: every mobile runtime delegates this as a whole."""

CHANNELS_FIRST_ROUNDED: Recipe = (*PORTABLE, NormInOperators(), *_WITHOUT_NORMS)
"""The same for rounded weights: a centred stream mixes channels of unlike scale, so that rows have unlike weights, and
lose 2 to 4 dB when they are rounded (docs/quantisation.md).
"""

CHANNELS_FIRST_FLOAT16: Recipe = (*_CENTRED, LargeQuotients(), NormInOperators(float16=True), *_WITHOUT_NORMS)
"""The same for what also runs in float16."""

_HEAD_BY_HEAD: Recipe = (
    AttentionPerHead(),
    Repeat((ChannelsFirst(),)),
    Repeat((AtMostFiveAxes(),)),
    ScaleAndShiftAsNorm(),
    LogSoftmaxInParts(),
)

NEURAL_ENGINE: Recipe = (*CHANNELS_FIRST_FLOAT16, *_HEAD_BY_HEAD)
"""For Core ML: the Neural Engine prefers attention head by head; no tensor has more than five axes."""

NEURAL_ENGINE_ROUNDED: Recipe = (
    *PORTABLE,
    LargeQuotients(),
    NormInOperators(float16=True),
    *_WITHOUT_NORMS,
    *_HEAD_BY_HEAD,
)
"""The same for rounded weights, without centring, as `CHANNELS_FIRST_ROUNDED`."""
