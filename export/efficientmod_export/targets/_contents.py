"""What is inside a model's file, anyone's, read without running it: for `inspect`."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from efficientmod_export._plain import PlainRecord
from efficientmod_export._stages import Normalisation


@dataclass(frozen=True)
class HeldTensor(PlainRecord):
    """An input or output of a graph. In `shape`, None is a length that is open; `shape` is None for an open rank, and
    for what is no tensor. A value q of a quantised one stands for (q - zero) * scale, with `quantisation` (scale,
    zero). `remark` says more in words.
    """

    name: str
    shape: tuple[int | None, ...] | None
    dtype: str
    remark: str | None = None
    quantisation: tuple[float, int] | None = None


@dataclass(frozen=True)
class Weights(PlainRecord):
    """The constants of one element type: how many tensors, and their size in the file in bytes."""

    dtype: str
    tensors: int
    size: int


@dataclass(frozen=True)
class Graph(PlainRecord):
    """A graph of a file, or the program of a delegate: its operators by name, the most frequent first."""

    name: str
    inputs: tuple[HeldTensor, ...]
    outputs: tuple[HeldTensor, ...]
    operators: Mapping[str, int]
    weights: tuple[Weights, ...] = ()


@dataclass(frozen=True)
class Delegate(PlainRecord):
    """A part of a graph that another runtime takes, by that runtime's name: its calls, its size in bytes, and what is
    in it where a target reads it; `problem` says why it was not read.

    `data` are its bytes, `named` is what the file has beside them for all delegates.
    """

    name: str
    calls: int
    size: int
    data: bytes = field(metadata={"json": False}, repr=False)
    named: Mapping[str, bytes] = field(metadata={"json": False}, repr=False)
    graphs: tuple[Graph, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class FileContents(PlainRecord):
    """A file. `format` names it for people, with its version; `size` is in bytes and `parts` says of what it is made.

    `metadata` are texts that the file states of itself. `labels` are the names of the classes and `normalisation` that
    of pictures, where it states them.
    """

    path: Path
    format: str
    size: int
    graphs: tuple[Graph, ...]
    parts: Mapping[str, int]
    metadata: Mapping[str, str]
    delegates: tuple[Delegate, ...] = ()
    labels: tuple[str, ...] = ()
    normalisation: Normalisation | None = None


ReadDelegate = Callable[[bytes, Mapping[str, bytes]], tuple[Graph, ...]]
"""The graphs of a delegate's bytes, with what is beside them by name. Raises any exception for other bytes."""


def counted(names: Iterable[str]) -> dict[str, int]:
    """How often each name occurs, the most frequent first, then by name."""
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def weights_of(tensors: Iterable[tuple[str, int]]) -> tuple[Weights, ...]:
    """Constants, each an element type and a size in bytes, by type, the largest first."""
    sizes: dict[str, list[int]] = {}
    for dtype, size in tensors:
        sizes.setdefault(dtype, []).append(size)
    found = (Weights(dtype, len(each), sum(each)) for dtype, each in sizes.items())
    return tuple(sorted(found, key=lambda one: (-one.size, one.dtype)))


def parts_of(size: int, **parts: int) -> dict[str, int]:
    """The parts that are there, and what is left of the whole `size` as the graph."""
    there = {name.replace("_", " "): part for name, part in parts.items() if part}
    return {**there, "graph": size - sum(there.values())}
