"""What is sent to the measuring process, and what it returns."""

from dataclasses import dataclass
from typing import Literal

from efficientmod_export._stages import ModelFile, Sample
from efficientmod_export.targets import Configuration

Kind = Literal["artifact", "plain", "eager"]
"""The bundle's own file, a plain conversion of the same network, or PyTorch itself."""


@dataclass(frozen=True)
class Contender:
    """A file to be timed, at an absolute path, and how its target's runtime opens it."""

    kind: Kind
    name: str
    file: ModelFile
    configuration: Configuration


@dataclass(frozen=True)
class NetworkSource:
    """What `load_network` needs to build the network again."""

    model: str
    checkpoint: str | None
    checkpoint_key: str | None
    seed: int


@dataclass(frozen=True)
class Plan:
    """One run, on one sample; `network` is None where there is none to measure in PyTorch."""

    contenders: tuple[Contender, ...]
    network: NetworkSource | None
    sample: Sample
    threads: int
    runs: int
    warmup: int


@dataclass(frozen=True)
class Timing:
    """One contender: the threads that its runtime uses, and milliseconds: to load it, and of each round's call.

    `threads` is None where the runtime does not tell, `load` where nothing is loaded from a file.
    """

    threads: int | None
    load: float | None
    rounds: tuple[float, ...]


@dataclass(frozen=True)
class Measurement:
    """`timings` by contender, PyTorch's, where it was measured, under EAGER; `product` is that of the matrix product.

    `refused` has a sentence for each contender that could not be loaded.
    """

    timings: dict[str, Timing]
    product: Timing
    refused: dict[str, str]


EAGER = "pytorch eager"
PRODUCT_SIZE = 512
"""Rows and columns of both factors of the matrix product: they fit into the cache, as a network's layers at best do,
and a product ends before the scheduler gives the processor to another program."""
