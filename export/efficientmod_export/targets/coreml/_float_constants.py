"""The float constants of a package's program, of which some are to be stored in fewer bits.

coremltools' own list, `get_weights_metadata`, fails where an operator that joins tensors reads a constant.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from efficientmod_export.mil import Package, read_function

KERNELS = {"conv", "linear", "matmul"}
"""Core ML's layers whose weights are rounded."""


@dataclass(frozen=True)
class FloatConstant:
    """The values of one, and the kinds of the operators that read it."""

    values: NDArray[np.float16]
    readers: frozenset[str]

    @property
    def is_kernel(self) -> bool:
        """Whether layers, and nothing else, read it as their kernel or matrix."""
        return self.readers <= KERNELS and self.values.ndim > 1


def float_constants(path: Path) -> dict[str, FloatConstant]:
    """Those of the main function of a package that stores its weights in float16, by name."""
    function = read_function(Package(path), "main")
    readers: dict[str, set[str]] = defaultdict(set)
    for operation in function.operations:
        for held in operation.inputs.values():
            for source in held:
                if isinstance(source, str):
                    readers[source].add(operation.kind)
    return {
        name: FloatConstant(value.numpy().astype(np.float16), frozenset(readers[name]))
        for name, value in function.constants.items()
        if isinstance(value, Tensor) and value.is_floating_point()
    }
