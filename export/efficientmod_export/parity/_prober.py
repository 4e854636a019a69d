"""The interface for reading values inside an artifact."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import fx

from efficientmod_export._stages import Sample

Values = list[NDArray[np.float32]]


class Prober(Protocol):
    """Reads values of one artifact. `visible` are the program's nodes that it can read, `at_once` how many per run."""

    visible: tuple[fx.Node, ...]
    at_once: int

    def probe(self, nodes: Sequence[fx.Node], sample: Sample) -> Values:
        """The nodes' values for this sample, with the axes in the artifact's order."""
        ...
