"""The inputs on which every artifact is compared with the reference.

Two photos, two structured pictures and noise: natural image statistics, edges and saturated colours at every offset of
the network's strides, and values that activate all channels. Each is a uint8 RGB picture with odd sides, so that it
never has the network's size already, and goes through the preprocessing that the app applies to its photos. They are
the same on every run.

A network of several pictures gets another one of the same kind for each, from the third on turned by 90 degrees.
"""

from collections.abc import Callable
from functools import partial
from importlib import resources
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from efficientmod_export._stages import Sample, SampleInput

PHOTO_CREDITS = {
    "china": "danielbuechele, CC BY 2.0, https://www.flickr.com/photos/danielbuechele/6061409035/",
    "flower": "vultilion, CC BY 2.0, https://www.flickr.com/photos/vultilion/6056698931/",
}
"""The attribution that each photo's licence requires (photos/README.md)."""

Picture = NDArray[np.uint8]
SampleKind = Literal["photo", "structured", "noise"]


class Preprocess(Protocol):
    """From a picture to the network's input; `bundle.Preprocessing` is one."""

    def pixels(self, picture: Picture) -> Picture:
        """uint8 RGB (h, w, 3), resized and cropped to (H, W, 3)."""
        ...

    def tensor(self, pixels: Picture) -> NDArray[np.float32]:
        """uint8 (H, W, 3), normalised to float32 (1, 3, H, W)."""
        ...


Draw = Callable[[int], NDArray[Any]]
"""From a sample's index to a tensor, for an input that is no picture."""


def make_samples(*inputs: Preprocess | Draw) -> tuple[Sample, ...]:
    """The parity samples for one network: china, flower, gradient, checkerboard, noise."""
    return tuple(
        Sample(name, kind, tuple(_input(of, name, index, place) for place, of in enumerate(inputs)))
        for index, (name, kind) in enumerate(_KINDS.items())
    )


def picture_credit(name: str, place: int) -> str | None:
    """The attribution that the licence of a sample's picture requires; `place` is the index of the input."""
    return PHOTO_CREDITS.get(_picture_name(name, place))


def torch_inputs(sample: Sample) -> tuple[torch.Tensor, ...]:
    """The network's inputs, for PyTorch."""
    return tuple(torch.from_numpy(given.tensor) for given in sample.inputs)


def _input(of: Preprocess | Draw, name: str, index: int, place: int) -> SampleInput:
    if callable(of):
        return SampleInput(of(index))
    source = np.ascontiguousarray(np.rot90(_PICTURES[_picture_name(name, place)](), place // len(_alike(name))))
    pixels = of.pixels(source)
    return SampleInput(of.tensor(pixels), source, pixels)


def _picture_name(name: str, place: int) -> str:
    alike = _alike(name)
    return alike[(alike.index(name) + place) % len(alike)]


def _alike(name: str) -> list[str]:
    return [other for other, kind in _KINDS.items() if kind == _KINDS[name]]


def _photo(name: str) -> Picture:
    file = resources.files("efficientmod_export.parity") / "photos" / f"{name}.jpg"
    with file.open("rb") as stream, Image.open(stream) as image:
        return np.asarray(image.convert("RGB"))


def _gradient(height: int, width: int) -> Picture:
    """Red increases to the right, green downwards, blue along the diagonal, so that all channels and axes differ."""
    y, x = np.mgrid[0:height, 0:width]
    channels = (x / (width - 1), y / (height - 1), 1.0 - (x + y) / (width + height - 2))
    return np.stack([np.rint(255.0 * channel) for channel in channels], axis=-1).astype(np.uint8)


def _checkerboard(height: int, width: int, square: int) -> Picture:
    """Saturated orange and blue squares, of an odd side, so that edges are at every offset of the network's strides."""
    y, x = np.mgrid[0:height, 0:width]
    colours = np.array([[255, 128, 0], [0, 64, 255]], dtype=np.uint8)
    return np.asarray(colours[(y // square + x // square) % 2])


def _noise(height: int, width: int) -> Picture:
    # RandomState, because NumPy guarantees that its stream never changes; a Generator's may.
    return np.random.RandomState(0).randint(0, 256, (height, width, 3), dtype=np.uint8)


_KINDS: dict[str, SampleKind] = {
    **dict.fromkeys(PHOTO_CREDITS, "photo"),
    **dict.fromkeys(("gradient", "checkerboard"), "structured"),
    "noise": "noise",
}

_PICTURES: dict[str, Callable[[], Picture]] = {
    **{name: partial(_photo, name) for name in PHOTO_CREDITS},
    "gradient": partial(_gradient, 347, 461),
    "checkerboard": partial(_checkerboard, 401, 303, square=19),
    "noise": partial(_noise, 283, 311),
}
