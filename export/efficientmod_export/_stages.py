"""The values that the stages of an export pass to each other: small frozen dataclasses, no behaviour.

Network -> Program -> Deployed -> Artifact -> Verdict -> bundle
(efficientmod_mobile) (.deploy)   (targets)   (parity)   (bundle)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Precision = Literal["fp32", "fp16", "int8-weights", "int8-dynamic", "int8-static", "palette6"]
"""The element type of what a file stores; of int8, also what is rounded to it: the weights alone, or also what the
layers that read them compute with, by what each run gives them (dynamic) or on grids chosen beforehand (static). Of a
palette, the bits of a weight.
"""

Unit = Literal["cpu", "gpu", "neural_engine"]
"""The processor of a phone, or of this machine, that runs a file."""

ComputePrecision = Literal["float32", "float16", "int8"]
"""The element type of the arithmetic on a unit; int8: of the products of weights, everything else is float32."""

Layout = Literal["NCHW", "NHWC", "any"]

ArtifactDtype = Literal["float32", "float16", "int64", "int32", "int8", "uint8", "bool"]
"""The element type of an artifact's input or output."""


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of an artifact, as the app sees it. `layout` is "any" where the rank is not 4."""

    name: str
    shape: tuple[int, ...]
    dtype: ArtifactDtype
    layout: Layout


@dataclass(frozen=True)
class Normalisation:
    """(pixel / 255 - mean) / std, channel by channel (R, G, B)."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True)
class InputSpec(TensorSpec):
    """An input, and how pixels become its values; None where it takes the pixels themselves, or is no picture."""

    normalisation: Normalisation | None


Shapes = tuple[tuple[int, ...], ...]
"""The shapes of a network's outputs, in order; one of rank 4 is (N, C, H, W)."""


@dataclass(frozen=True)
class Interface:
    """The inputs and outputs of an artifact, or of the network itself."""

    inputs: tuple[InputSpec, ...]
    outputs: tuple[TensorSpec, ...]


@dataclass(frozen=True)
class NamedInput:
    """An input of the network for a converter: its name in files, and a picture's normalisation; None for a tensor."""

    name: str
    normalisation: Normalisation | None


@dataclass(frozen=True)
class ConversionOptions:
    """The options of a conversion.

    `inputs` are the network's, in its order. `scores` is the meaning of the labelled output. With `names` a file keeps
    the paths of the network's modules. The fields after `model_name` are shown to people; `author`, `license` and
    `version` are those of the weights.
    """

    precision: Precision
    ios: int
    inputs: tuple[NamedInput, ...]
    labels: tuple[str, ...] | None
    model_name: str
    description: str
    author: str = "not stated"
    license: str = "not stated"
    version: str = "not stated"
    scores: Literal["logits", "probabilities"] = "logits"
    names: bool = True


@dataclass(frozen=True)
class ModelFile:
    """A model's file or folder, and its inputs and outputs."""

    path: Path
    inputs: tuple[InputSpec, ...]
    outputs: tuple[TensorSpec, ...]


@dataclass(frozen=True)
class Artifact(ModelFile):
    """A converted model. `delegates` counts the parts that the runtime's delegate runs, `outside` names the operators
    outside them.

    `rank` is the highest rank of any tensor in the file, None where the file does not tell. `rewrites` counts the
    converter's changes to the graph, where it is this toolkit's own, `int8_weights` the weights stored as int8.
    """

    target: str
    precision: Precision
    runtime: str
    least_runtime: str
    delegates: int | None = None
    outside: tuple[str, ...] = ()
    rank: int | None = None
    rewrites: Mapping[str, int] = field(default_factory=dict)
    int8_weights: int = 0


@dataclass(frozen=True)
class SampleInput:
    """A sample's values for one input of the network: `tensor`, in the network's shape and dtype.

    A picture's is normalised float32 (1, 3, H, W). Before that it was `source`, the original picture, uint8 (h, w, 3),
    and `pixels`, the same resized and cropped, uint8 (H, W, 3). All RGB; None for an input that is no picture.
    """

    tensor: NDArray[Any]
    source: NDArray[np.uint8] | None = None
    pixels: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Sample:
    """One parity sample: values for every input of the network, in its order. `kind` is "photo", "structured" or
    "noise".
    """

    name: str
    kind: str
    inputs: tuple[SampleInput, ...]


Outputs = tuple[NDArray[np.float32], ...]
"""A network's outputs in the reference's order, shape and layout (NCHW where the rank is 4), float32."""

Runner = Callable[[Sample], Outputs]
"""Runs one artifact on one sample, in the artifact's own runtime."""

ProgressReport = Callable[[str], None]
"""Called with the name of each stage as it begins: "loading the network", or "tflite: converting" where several targets
are at work at once, and at the end of such a one "tflite: done".
"""

DONE = "done"


def report_nothing(stage: str) -> None:
    """A `ProgressReport` that does nothing."""
