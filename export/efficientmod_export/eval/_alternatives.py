"""Other preprocessing and other padding, tried on the reference: what makes the accuracy higher is probably right.

A wrong normalisation, or the weights of `tf_efficientnet_lite0` in `efficientnet_lite0`, which pads its strided layers
on other sides, passes every comparison with PyTorch: both compute the same wrong thing.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from efficientmod_export._picture_files import PictureFile
from efficientmod_export._stages import Sample, SampleInput
from efficientmod_export.bundle import Preprocessing
from efficientmod_export.bundle.contract import ArtifactEntry, Bundle, open_bundle
from efficientmod_export.eval._class_names import Classes
from efficientmod_export.eval._runs import (
    Job,
    best_classes,
    preprocessing_of,
    pytorch_run,
    reference_of,
    sample_of,
    turn,
)
from efficientmod_mobile import Network, load_network
from efficientmod_mobile.errors import EfficientModError

Channels = tuple[float, float, float]

IMAGENET: tuple[Channels, Channels] = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NORMALISATIONS: dict[str, tuple[Channels, Channels]] = {
    "mean 0.485 0.456 0.406 and std 0.229 0.224 0.225": IMAGENET,
    "mean and std 0.5": ((0.5,) * 3, (0.5,) * 3),
    "mean 0 and std 1": ((0.0,) * 3, (1.0,) * 3),
    "pixels from 0 to 255 (std 1/255)": ((0.0,) * 3, (1 / 255,) * 3),
}
"""Those that vision models are trained with."""

TENSORFLOW = "timm/tf_"
"""timm's models with TensorFlow's padding; without the prefix the same with PyTorch's."""


@dataclass(frozen=True)
class Alternative:
    """`told` says what is other: the `normalisation` (mean, std), the channels' order (`swapped`), or the `network`, by
    its name, with the preprocessing that it states.
    """

    told: str
    normalisation: tuple[Channels, Channels] | None = None
    swapped: bool = False
    network: str | None = None


def alternatives(bundle: Bundle, checkpoint: str | None, reference: ArtifactEntry | None) -> tuple[Alternative, ...]:
    """What can be tried of a bundle in PyTorch, or in the artifact `reference`: nothing where that takes pixels, which
    it normalises itself.
    """
    if reference is not None and reference.inputs[0].normalisation is None:
        return ()
    own = preprocessing_of(bundle.path)
    found = [
        Alternative(told, normalisation)
        for told, normalisation in NORMALISATIONS.items()
        if not np.allclose(normalisation, (own.mean, own.std), atol=2e-3)
    ]
    found.append(Alternative("the channels in the order blue, green, red", swapped=True))
    name = bundle.manifest.model.name
    if checkpoint is not None and name.startswith("timm/"):
        other = name.replace(TENSORFLOW, "timm/") if name.startswith(TENSORFLOW) else name.replace("timm/", TENSORFLOW)
        padding = "TensorFlow's padding" if other.startswith(TENSORFLOW) else "PyTorch's padding"
        found.append(Alternative(f"--model {other}, which has {padding} and its own preprocessing", network=other))
    return tuple(found)


@dataclass(frozen=True)
class Tried:
    """Whether the best class is right, and the natural logarithm of the right class's probability."""

    right: bool
    likelihood: float


@dataclass(frozen=True)
class Trial:
    """One picture in the reference: as it is, and with each alternative that can be built."""

    own: Tried
    others: dict[str, Tried]


def try_alternatives(
    job: Job, choices: Sequence[Alternative], pictures: Sequence[tuple[PictureFile, Classes]]
) -> tuple[Trial, ...]:
    """In a worker: every alternative on every picture, with its acceptable classes."""
    with turn:
        trials = [_trial(job, choices, sample_of(one, preprocessing_of(job.bundle)), right) for one, right in pictures]
    return tuple(trial for trial in trials if trial is not None)


def _trial(job: Job, choices: Sequence[Alternative], sample: Sample, classes: Classes) -> Trial | None:
    own = _tried(job, Alternative("as it is"), sample, classes)
    others = {choice.told: _tried(job, choice, sample, classes) for choice in choices}
    return None if own is None else Trial(own, {told: tried for told, tried in others.items() if tried is not None})


def _otherwise(sample: Sample, own: Preprocessing, choice: Alternative, network: Network | None) -> Sample:
    """The picture with another preprocessing, of the same size; that of `network` where it is given."""
    source, pixels = sample.inputs[0].source, sample.inputs[0].pixels
    assert source is not None
    assert pixels is not None
    if network:
        other = Preprocessing.from_config(network.preprocessing, (own.crop.height, own.crop.width))
        pixels = other.pixels(source)
    else:
        mean, std = choice.normalisation or (own.mean, own.std)
        other = own.model_copy(update={"mean": mean, "std": std})
        pixels = np.ascontiguousarray(pixels[..., ::-1]) if choice.swapped else pixels
    return Sample(sample.name, sample.kind, (SampleInput(other.tensor(pixels), source, None),))


def _tried(job: Job, choice: Alternative, sample: Sample, classes: Classes) -> Tried | None:
    """None where the network cannot be built, or gives a score that is not finite."""
    network = _network(choice.network, str(job.checkpoint), job.checkpoint_key) if choice.network else None
    if choice.network and network is None:
        return None
    other = _otherwise(sample, preprocessing_of(job.bundle), choice, network)
    run = reference_of(job, sample) if network is None else pytorch_run(network, other)
    scores = None if run is None else np.asarray(run(other)[job.scores], np.float64).ravel()
    if scores is None or not np.isfinite(scores).all():
        return None
    meaning = open_bundle(job.bundle).manifest.outputs[job.scores].meaning
    powers = scores if meaning == "probabilities" else np.exp(scores - scores.max())
    likelihood = float(powers[list(classes)].max() / powers.sum())
    return Tried(best_classes(scores)[0] in classes, math.log(max(likelihood, sys.float_info.min)))


@cache
def _network(name: str, checkpoint: str, key: str | None) -> Network | None:
    """Another network with the bundle's weights; None where these do not fit."""
    try:
        return load_network(name, checkpoint, checkpoint_key=key)
    except EfficientModError:
        return None
