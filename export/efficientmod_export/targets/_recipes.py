"""Recipes that several targets share; docs/forms.md says why each form is in them, and what it saves."""

from efficientmod_mobile.deploy import (
    EXACT,
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
    Untile,
)

PORTABLE: Recipe = (FoldConstants(), Repeat((PortableForms(),)), *EXACT)
"""The exact folds behind forms of what some runtime lacks."""

CHANNELS_FIRST: Recipe = (
    *PORTABLE,
    CentreStreams(),
    Repeat((ConstantIntoReaders(), NormAffineIntoReaders())),  # into the layers that centring put in
    NormInOperators(),
    Untile(),
    AttentionInProducts(),
    ProductsInBatches(),
    Repeat((ChannelsFirst(),)),
    LayerPerSlice(),
)
"""(N, C, H, W) throughout, no norm, nothing repeated, products of three axes: what every mobile runtime takes whole."""

NEURAL_ENGINE: Recipe = (*CHANNELS_FIRST, AttentionPerHead(), Repeat((ChannelsFirst(),)))
"""For Core ML: the Neural Engine prefers attention head by head."""
