"""What is rounded in a file, apart from how its format stores it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from efficientmod_export.quantisation._transfer import with_layers_in_float
from efficientmod_export.quantisation._weights import Rounded
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.analysis import Layer, is_layer, layer_of

Inputs = Literal["float", "dynamic", "static"]
"""What layers with rounded weights read: float values, values rounded by what each run gives, or on grids that were
chosen beforehand.
"""


@dataclass(frozen=True)
class Form:
    """What is rounded: the weights, to 255 levels in each row or to a palette of `colours` of them for each layer, and
    what is multiplied with them.

    With `results` what such layers give is on grids as well. Where there is `of_float`, the costliest layers are not
    rounded, as far as the constants take at most this part of what they would in float32; they are float16 then.
    """

    colours: int | None = None
    inputs: Inputs = "float"
    results: bool = False
    of_float: float | None = None

    @property
    def rounds_inputs(self) -> bool:
        """Whether layers read rounded values."""
        return self.inputs != "float"

    def room(self, exact: Program, rounded: Rounded) -> int:
        """The weights that may stay in float."""
        return 0 if self.of_float is None else max(0, _room(self.of_float, exact, rounded))


def _room(of_float: float, exact: Program, rounded: Rounded) -> int:
    """The weights that may have a byte more: of the rounded ones each takes one, with four for a row's step, of other
    layers' weights two, of any other number four.
    """
    names = {layer.node for layer in rounded.layers}
    layers = [layer for node in exact.graph.nodes if is_layer(node) and isinstance(layer := layer_of(node), Layer)]
    numbers = sum(one.numel() for one in exact.graph_module.parameters())
    inside = [layer for layer in layers if layer.node.name in names]
    weights = sum(layer.weight.numel() for layer in layers)
    stored = sum(layer.weight.numel() + 4 * len(layer.weight) for layer in inside)
    other_layers = 2 * (weights - sum(layer.weight.numel() for layer in inside))
    return int(of_float * 4 * numbers) - stored - other_layers - 4 * (numbers - weights)


def in_float(exact: Program, rounded: Rounded, layers: Collection[str]) -> Rounded:
    """The same with these layers in float."""
    program = with_layers_in_float(rounded.program, exact, layers) if layers else rounded.program
    return Rounded(program, tuple(layer for layer in rounded.layers if layer.node not in layers))
