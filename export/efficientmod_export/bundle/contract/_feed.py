"""From the network's declared input to an artifact's own, and from an artifact's outputs back to the declared ones.

An app and the proof do the same: what is proven is what the manifest says.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from efficientmod_export.bundle._preprocessing import normalise
from efficientmod_export.bundle.contract._interface import ArtifactInput, ArtifactOutput, Input, Output
from efficientmod_export.bundle.contract._vocabulary import Layout

Array = NDArray[Any]

_AXES: dict[tuple[Layout, Layout], tuple[int, int, int, int]] = {
    ("NCHW", "NHWC"): (0, 2, 3, 1),
    ("NHWC", "NCHW"): (0, 3, 1, 2),
}


def artifact_input(own: ArtifactInput, declared: Input, values: Array) -> Array:
    """What an artifact takes, of `own`'s shape and dtype.

    `values` are, for a picture, its pixels after resizing and cropping, uint8 (H, W, 3), and else the declared tensor.
    """
    if declared.kind == "tensor":
        return _stored(_laid_out(values, declared.layout, own.layout), own)
    pixels = values if own.normalisation is None else normalise(values, own.normalisation.mean, own.normalisation.std)
    return _stored(_laid_out(pixels[np.newaxis], "NHWC", own.layout), own)


def network_output(own: ArtifactOutput, declared: Output, values: Array) -> Array:
    """An artifact's output in the layout and dtype that the network's own has."""
    return np.ascontiguousarray(_laid_out(values, own.layout, declared.layout), declared.dtype)


def _laid_out(values: Array, have: Layout, want: Layout) -> Array:
    axes = _AXES.get((have, want))
    return values if axes is None else values.transpose(axes)


def _stored(values: Array, own: ArtifactInput) -> Array:
    if values.shape != own.shape:
        raise ValueError(f"{own.name} takes the shape {own.shape}, not {values.shape}")
    return np.ascontiguousarray(values, own.dtype)
