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
    LayerPerSlice,
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

CHANNELS_FIRST: Recipe = (
    *PORTABLE,
    CentreStreams(),
    Repeat((ConstantIntoReaders(), NormAffineIntoReaders())),  # into the layers that centring added
    NormInOperators(),
    Untile(),
    AttentionInProducts(),
    ProductsInBatches(),
    Repeat((ChannelsFirst(),)),
    LayerPerSlice(),
)
"""(N, C, H, W) throughout, no norms, no repeats, products of rank 3: every mobile runtime delegates this as a whole."""

NEURAL_ENGINE: Recipe = (
    *CHANNELS_FIRST,
    AttentionPerHead(),
    Repeat((ChannelsFirst(),)),
    Repeat((AtMostFiveAxes(),)),
    ScaleAndShiftAsNorm(),
)
"""For Core ML: the Neural Engine prefers attention head by head; no tensor has more than five axes."""
