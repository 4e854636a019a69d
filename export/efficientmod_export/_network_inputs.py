"""What a network takes: one picture, or several named pictures and tensors in the order of its forward().

left=picture:192x256    an RGB picture, height x width; its mean, std and crop are the network's
left=picture            one of the network's own size
left=pixels:192x256     the same for a network that takes the pixels' values, 0 to 255, as uint8
state=tensor:1x16       float32; the samples of the proof have values of a normal distribution
tokens=tokens.npy       a tensor of the file's shape and dtype; every sample of the proof has the file's values

A bundle has tensors of float32, int32 and int64, with an axis: of a file of another dtype it has the float32 or int32
values, of a number a vector of one element, and the artifacts convert them into what the network takes.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from torch import nn

from efficientmod_export._stages import Sample
from efficientmod_export.bundle import Preprocessing
from efficientmod_export.bundle.contract import Input
from efficientmod_export.parity import make_samples
from efficientmod_mobile import Network
from efficientmod_mobile.errors import InputError, ModelError

PICTURE = "image"
"""The name in a bundle of a picture that is the only input."""

LONGEST_SIDE = 4096
"""Pixels of an input's side. At this size the five parity samples take a gigabyte, and the network many."""

MOST_AXES, LARGEST = 5, 1 << 26
"""Of a tensor: Core ML has no more axes, and five samples of more elements than these fill a gigabyte."""

HELD_AS = {
    **{dtype: dtype for dtype in ("float32", "int32", "int64")},
    **dict.fromkeys(("float64", "float16"), "float32"),
    **dict.fromkeys(("uint8", "int8", "int16", "bool"), "int32"),
}
"""The dtypes of tensors, and those in which a bundle has them."""

_PIXELS = {"mean": (0.0,) * 3, "std": (1.0 / 255.0,) * 3}
_OF_PIXELS = "the network's uint8 pixels"
"""The mean and the standard deviation that leave pixels their values, and what they are from."""

Array = NDArray[Any]


@dataclass(frozen=True)
class PictureInput:
    """An RGB picture of `size` (H, W) in pixels, None for the network's own; (1, 3, H, W) for the network, normalised
    float32, or uint8 `pixels`.
    """

    name: str
    size: tuple[int, int] | None = None
    pixels: bool = False


@dataclass(frozen=True)
class TensorInput:
    """A tensor that is no picture. Without `values`, float32 of a normal distribution."""

    name: str
    shape: tuple[int, ...]
    values: Array | None = None


NamedInputs = Sequence[PictureInput | TensorInput]


def parse_input(text: str) -> PictureInput | TensorInput:
    """An input as this module's docstring writes it. Raises InputError for anything else."""
    match = re.fullmatch(
        r"([A-Za-z_][A-Za-z0-9_]*)=(?:(picture|pixels)(?::(.+))?|tensor:([0-9]+(?:x[0-9]+)*)|(.+\.npy))", text
    )
    if match is None:
        raise InputError(
            f"{text!r} is no input; write NAME=picture:192x256 (height x width), NAME=pixels:192x256 for uint8, "
            "NAME=tensor:1x16, or NAME=FILE.npy.",
            code="invalid_input",
        )
    name, picture, size, shape, file = match.groups()
    if picture:
        return PictureInput(name, parse_resolution(size) if size else None, picture == "pixels")
    if file:
        values = _read(Path(file))
        return TensorInput(name, values.shape, values)
    return TensorInput(name, tuple(map(int, shape.split("x"))))


def parse_resolution(text: str) -> tuple[int, int]:
    """`"224"` is (224, 224); `"256x192"` is height 256, width 192.

    Raises InputError for anything else, and for more than LONGEST_SIDE.
    """
    match = re.fullmatch(r"([0-9]{1,5})(?:x([0-9]{1,5}))?", text.strip().lower())
    height, width = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not height or not width:
        raise InputError(
            f"{text!r} is not a resolution; write 224, or height x width as in 256x192.", code="invalid_resolution"
        )
    if max(height, width) > LONGEST_SIDE:
        raise InputError(
            f"{text} is too large; give a resolution of at most {LONGEST_SIDE} pixels a side.",
            code="invalid_resolution",
        )
    return height, width


def _read(path: Path) -> Array:
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} cannot be read as an .npy file: {error}.", code="invalid_input") from error
    if not isinstance(values, np.ndarray):
        raise InputError(f"{path} is no .npy file of one array; write it with numpy.save.", code="invalid_input")
    return values


def in_order(module: nn.Module, inputs: NamedInputs) -> NamedInputs:
    """The inputs in the order of forward()'s parameters, where each has the name of one; else as they are."""
    parameters = list(inspect.signature(module.forward).parameters)
    if not all(one.name in parameters for one in inputs):
        return inputs
    return sorted(inputs, key=lambda one: parameters.index(one.name))


def declared_inputs(
    network: Network, resolution: tuple[int, int] | None = None, inputs: NamedInputs = ()
) -> tuple[tuple[Input, ...], tuple[Sample, ...]]:
    """The network's inputs as the manifest has them, and the parity samples. Without `inputs` it takes one picture, at
    `resolution` (H, W) or its own.

    Raises InputError for inputs that no network takes, ModelError where the network's preprocessing is not supported.
    """
    inputs = inputs or (PictureInput(PICTURE, resolution),)
    if len({one.name for one in inputs}) < len(inputs):
        raise InputError("Two inputs have one name; give each its own.", code="invalid_input")
    declared = tuple(_declare(network, one) for one in inputs)
    draws = [one.preprocessing or _draw(given) for one, given in zip(declared, inputs, strict=True)]
    return declared, make_samples(*draws)


def _declare(network: Network, given: PictureInput | TensorInput) -> Input:
    if isinstance(given, PictureInput):
        return Input.picture(given.name, _preprocessing(of_pixels(network) if given.pixels else network, given.size))
    dtype = "float32" if given.values is None else given.values.dtype.name
    size = int(np.prod(given.shape, dtype=object))
    if len(given.shape) > MOST_AXES or not 0 < size <= LARGEST:
        raise InputError(
            f"The input {given.name} has the shape {given.shape}; give at most {MOST_AXES} axes, and 1 to {LARGEST} "
            "elements.",
            code="invalid_input",
        )
    if dtype not in HELD_AS:
        raise InputError(f"The input {given.name} is {dtype}; give one of {', '.join(HELD_AS)}.", code="invalid_input")
    if given.values is not None and not np.isfinite(given.values).all():
        raise InputError(
            f"The input {given.name} has NaN or infinite values, with which nothing is proven; give finite ones.",
            code="invalid_input",
        )
    layout = "NCHW" if len(given.shape) == 4 else "any"
    stated = {"name": given.name, "shape": given.shape or (1,), "dtype": HELD_AS[dtype], "layout": layout}
    return Input.model_validate({**stated, "kind": "tensor", "preprocessing": None})


def _draw(given: PictureInput | TensorInput) -> Callable[[int], Array]:
    assert isinstance(given, TensorInput)
    return partial(_values, given)


def _values(given: TensorInput, index: int) -> Array:
    if given.values is not None:
        return np.atleast_1d(np.ascontiguousarray(given.values, HELD_AS[given.values.dtype.name]))
    # RandomState, because NumPy guarantees that its stream never changes; a Generator's may.
    return np.random.RandomState(index).standard_normal(given.shape).astype(np.float32)


def of_pixels(network: Network) -> Network:
    """The network with the preprocessing that leaves pixels their values, 0 to 255.

    Raises InputError where a mean or a standard deviation is stated.
    """
    stated = network.preprocessing
    if any(stated.origins.get(name, _OF_PIXELS) != _OF_PIXELS for name in ("mean", "std")):
        raise InputError(
            f"{network.name} takes uint8 pixels, which have no mean and no standard deviation; leave out --mean and "
            "--std.",
            code="conflicting_options",
        )
    return replace(network, preprocessing=stated.stated(_PIXELS, _OF_PIXELS))


def of_pixels_already(preprocessing: Preprocessing) -> bool:
    """Whether a preprocessing leaves pixels their values."""
    return (preprocessing.mean, preprocessing.std) == (_PIXELS["mean"], _PIXELS["std"])


def _preprocessing(network: Network, size: tuple[int, int] | None) -> Preprocessing:
    try:
        return Preprocessing.from_config(network.preprocessing, size or network.preprocessing.input_size)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ModelError(
            f"The preprocessing that {network.name} states is not supported ({reason}).",
            code="unsupported_preprocessing",
        ) from error
