"""What shows values inside an artifact."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import fx

from efficientmod_export._stages import Sample

Values = list[NDArray[np.float32]]


class Prober(Protocol):
    """Shows values of one artifact. `visible` are the program's nodes it can show, `at_once` how many in one go."""

    visible: tuple[fx.Node, ...]
    at_once: int

    def probe(self, nodes: Sequence[fx.Node], sample: Sample) -> Values:
        """The nodes' values for this sample, with their axes as the artifact has them."""
        ...
