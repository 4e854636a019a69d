"""From the network's declared input to an artifact's own, and from an artifact's outputs back to the declared ones.

The proof builds inputs from the manifest's fields, as an app does, so that it also proves those fields.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from efficientmod_export.bundle._preprocessing import Channels, normalise
from efficientmod_export.bundle.contract._interface import ArtifactInput, ArtifactOutput, Input, Output
from efficientmod_export.bundle.contract._vocabulary import Layout

Array = NDArray[Any]

_AXES: dict[tuple[Layout, Layout], tuple[int, int, int, int]] = {
    ("NCHW", "NHWC"): (0, 2, 3, 1),
    ("NHWC", "NCHW"): (0, 3, 1, 2),
}


class PictureStatistics(Protocol):
    """How pixels are normalised: (pixel / 255 - mean) / std, channel by channel (R, G, B)."""

    @property
    def mean(self) -> Channels:
        """The mean that is subtracted."""
        ...

    @property
    def std(self) -> Channels:
        """The standard deviation by which the difference is divided."""
        ...


class OwnInput(Protocol):
    """How an artifact declares an input; the manifest's `ArtifactInput` is one."""

    @property
    def name(self) -> str:
        """Its name in the file."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape in the file."""
        ...

    @property
    def dtype(self) -> str:
        """Its dtype in the file."""
        ...

    @property
    def layout(self) -> Layout:
        """The order of its axes in the file."""
        ...

    @property
    def normalisation(self) -> PictureStatistics | None:
        """How pixels are normalised; None where the input takes them unchanged."""
        ...


def artifact_input(own: ArtifactInput, declared: Input, values: Array) -> Array:
    """An artifact's input, of `own`'s shape and dtype.

    `values` are a picture's pixels after resizing and cropping, uint8 (H, W, 3); for other inputs the declared tensor.
    """
    if declared.kind == "tensor":
        return tensor_input(own, values, declared.layout)
    return picture_input(own, values)


def tensor_input(own: OwnInput, values: Array, layout: Layout = "NCHW") -> Array:
    """An artifact's input for a tensor that is no picture; `layout` is that of four axes."""
    return _stored(laid_out(values, layout, own.layout), own)


def picture_input(own: OwnInput, pixels: Array) -> Array:
    """An artifact's input for a picture that is resized and cropped, uint8 (H, W, 3)."""
    stated = own.normalisation
    values = pixels if stated is None else normalise(pixels, stated.mean, stated.std)
    return _stored(laid_out(values[np.newaxis], "NHWC", own.layout), own)


def network_output(own: ArtifactOutput, declared: Output, values: Array) -> Array:
    """An artifact's output in the layout and dtype of the network's output."""
    return np.ascontiguousarray(laid_out(values, own.layout, declared.layout), declared.dtype)


def laid_out(values: Array, have: Layout, want: Layout) -> Array:
    """Values with their axes in another order."""
    axes = _AXES.get((have, want))
    return values if axes is None else values.transpose(axes)


def _stored(values: Array, own: OwnInput) -> Array:
    if values.shape != own.shape:
        raise ValueError(f"{own.name} has the shape {own.shape}, not {values.shape}")
    return np.ascontiguousarray(values, own.dtype)
