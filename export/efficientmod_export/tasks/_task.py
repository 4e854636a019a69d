"""What a task is: what a network's outputs are for, and what an app does with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from efficientmod_export.bundle.contract import Dtype, Input, Layout, Output, Step
from efficientmod_mobile import PreprocessingConfig

Array = NDArray[Any]


@dataclass(frozen=True)
class NetworkFacts:
    """The facts on a network by which its task is recognised.

    `num_classes` is None where it is not a classifier. `input_shapes` and `outputs` are in the network's order;
    `outputs[sample][index]` are the reference's for each golden sample, all of the same shapes. `bounds` gives the
    interval in which an output lies whatever the input is; None where only the values are known.
    """

    num_classes: int | None
    input_shapes: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[Array, ...], ...]
    bounds: Callable[[int], tuple[float, float]] | None = None

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of the outputs."""
        return tuple(output.shape for output in self.outputs[0])

    def values(self, index: int) -> Sequence[Array]:
        """One output's values for every sample."""
        return [sample[index] for sample in self.outputs]


Fit = Literal[0, 1, 2]
"""How well a task fits a network: not at all; by the shapes alone; by what the network states."""


class Task(Protocol):
    """One task. Its folder in `tasks/` defines it as `TASK`; the folder's name is the task's."""

    def default_preprocessing(self, network: NetworkFacts) -> PreprocessingConfig:
        """What a network is given of a picture where neither it nor its checkpoint nor the user states it."""
        ...

    def fit(self, network: NetworkFacts) -> Fit:
        """How well the task fits the network."""
        ...

    def outputs(self, network: NetworkFacts) -> tuple[Output, ...]:
        """The outputs with their names, roles and meanings, in the network's order."""
        ...

    def after_network(self, outputs: Sequence[Output], inputs: Sequence[Input]) -> tuple[Step, ...]:
        """What an app does with the outputs, in order."""
        ...


def layout_of(shape: Sequence[int]) -> Layout:
    """PyTorch's."""
    return "NCHW" if len(shape) == 4 else "any"


def dtype_of(values: Array) -> Dtype:
    """The manifest's name of the dtype. Raises ValueError for all but float32, int32, int64 and bool."""
    known: dict[np.dtype[Any], Dtype] = {
        np.dtype(np.float32): "float32",
        np.dtype(np.int32): "int32",
        np.dtype(np.int64): "int64",
        np.dtype(np.bool_): "bool",
    }
    if values.dtype not in known:
        raise ValueError(f"an output is {values.dtype}; a bundle supports float32, int32, int64 and bool")
    return known[values.dtype]


def feature_output(index: int, values: Array) -> Output:
    """An output that is a float vector for each picture (rank 2, an embedding), or else features: a map of floats, of
    integers (classes, positions) or of booleans.
    """
    vector = values.ndim == 2 and values.dtype == np.float32
    return Output(
        name=f"{'embedding' if vector else 'features'}_{index}",
        shape=values.shape,
        dtype=dtype_of(values),
        layout=layout_of(values.shape),
        role="embedding" if vector else "features",
        meaning="embedding" if vector else "features",
    )
