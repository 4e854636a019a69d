"""The pictures on which every artifact is compared with the reference.

Two photos, two structured pictures and noise: natural image statistics, edges and saturated colours at every offset of
the network's strides, and values that activate all channels. Each is a uint8 RGB picture with odd sides, so that it
never has the network's size already, and goes through the preprocessing that the app applies to its photos. They are
the same on every run.
"""

from importlib import resources
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from efficientmod_export._stages import Sample

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


def make_samples(preprocessing: Preprocess) -> tuple[Sample, ...]:
    """The parity inputs for one network: china, flower, gradient, checkerboard, noise."""
    photos = tuple(_sample(preprocessing, name, "photo", _photo(name)) for name in PHOTO_CREDITS)
    structured = (
        _sample(preprocessing, "gradient", "structured", _gradient(347, 461)),
        _sample(preprocessing, "checkerboard", "structured", _checkerboard(401, 303, square=19)),
    )
    return (*photos, *structured, _sample(preprocessing, "noise", "noise", _noise(283, 311)))


def _sample(preprocessing: Preprocess, name: str, kind: SampleKind, source: Picture) -> Sample:
    pixels = preprocessing.pixels(source)
    return Sample(name=name, kind=kind, source=source, pixels=pixels, tensor=preprocessing.tensor(pixels))


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
