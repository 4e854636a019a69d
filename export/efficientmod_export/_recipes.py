"""Which exact transforms each target gets, in their order: the one table that decides in which form a network ships.

A new target, or another form for an old one, is one entry. Why each form is in it, and what it saves, is in
docs/forms.md.
"""

from efficientmod_mobile.deploy import (
    EXACT,
    AttentionInProducts,
    AttentionPerHead,
    CentreStreams,
    ChannelsFirst,
    ConstantIntoReaders,
    LayerPerSlice,
    NormAffineIntoReaders,
    NormInOperators,
    ProductsInBatches,
    Recipe,
    Repeat,
    SplitDepthwise,
    Untile,
    XnnpackForms,
)

CHANNELS_FIRST: Recipe = (
    *EXACT,
    CentreStreams(),
    Repeat((ConstantIntoReaders(), NormAffineIntoReaders())),  # into the layers that centring put in
    NormInOperators(),
    Untile(),
    AttentionInProducts(),
    ProductsInBatches(),
    Repeat((ChannelsFirst(),)),
    LayerPerSlice(),
)
"""What every mobile runtime takes whole: (N, C, H, W) throughout, no norm, nothing tiled, products of three axes."""

XNNPACK: Recipe = (*CHANNELS_FIRST, SplitDepthwise(), Repeat((XnnpackForms(),)))
"""For ExecuTorch on a phone's CPU."""

COREML: Recipe = (*CHANNELS_FIRST, AttentionPerHead(), Repeat((ChannelsFirst(),)))
"""For the Neural Engine, which wants attention head by head."""

RECIPES: dict[str, Recipe] = {
    "coreml": COREML,
    "executorch": XNNPACK,
    "executorch-coreml": COREML,
    "executorch-vulkan": CHANNELS_FIRST,
    "tflite": EXACT,  # its writer finds the layout and splits the kernels; norms in operators only cost it
    "onnx": EXACT,
}
