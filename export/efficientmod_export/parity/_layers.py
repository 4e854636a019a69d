"""Which layer of an artifact is the first whose output drifts from the reference.

The reference is the program in float64, node by node. A node's error is its largest absolute error relative to its
reference's range, as for the network's outputs. An operator whose own arithmetic is exact (a clip, a maximum, a copy)
only passes its input's error on; where it makes the range smaller, as ReLU6 does, the input's range counts. Where not
all values can be read at once, evenly spaced ones are compared first, and then those between the last good and the
first drifting one. An error that disappears before the next compared value is missed; it is not the reason why the
outputs fail.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import inf
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx

from efficientmod_export._stages import Sample
from efficientmod_export.parity._exact_operators import is_exact, jumps
from efficientmod_export.parity._metrics import reference_ranges
from efficientmod_export.parity._prober import Prober
from efficientmod_export.parity._samples import torch_inputs
from efficientmod_mobile.deploy import Program, to_dtype
from efficientmod_mobile.deploy.program import Float64Interpreter, module_path, promoted


@dataclass(frozen=True)
class Layer:
    """One operation of the network and its error in the artifact, relative to the reference's range."""

    module: str
    node: str
    operator: str
    error: float


@dataclass(frozen=True)
class LayerReport:
    """The outcome of the search.

    `drift` is the first layer whose error is over `limit`, or None; `before` the worst of the nearest layers that it
    reads and that could be compared. `unseen` names the nodes between the two whose values cannot be read from the
    artifact: the fault may be in one of them. `probed` counts the compared values.
    """

    drift: Layer | None
    before: Layer | None
    unseen: tuple[str, ...]
    limit: float
    probed: int


def first_drift(program: Program, prober: Prober, sample: Sample, limit: float) -> LayerReport:
    """Search the artifact that `prober` reads, which was made from `program`.

    Raises ConversionError when the runtime or the converter cannot return the values.
    """
    errors: dict[fx.Node, float] = {}
    drifting = _search(program, prober, sample, limit, errors)
    if drifting is None:
        return LayerReport(None, None, (), limit, len(errors))
    sources, unseen = _nearest(drifting, errors)
    before = max(sources, key=lambda node: errors[node], default=None)
    return LayerReport(
        drift=_layer(drifting, errors),
        before=None if before is None else _layer(before, errors),
        unseen=unseen,
        limit=limit,
        probed=len(errors),
    )


def _search(
    program: Program, prober: Prober, sample: Sample, limit: float, errors: dict[fx.Node, float]
) -> fx.Node | None:
    """The first drifting node; what was measured on the way is added to `errors`."""
    # Where rounding decides a tie of an integer, a truth value or a jump, no layer is at fault.
    nodes: Sequence[fx.Node] = [node for node in prober.visible if _is_float(node) and not jumps(node)]
    drifting = None
    while nodes:
        chosen = _spaced(nodes, prober.at_once)
        errors.update(zip(chosen, _errors(program, prober, chosen, sample, limit), strict=True))
        first = next((node for node in chosen if errors[node] > limit), None)
        if first is None:
            return drifting
        drifting = first
        begin = max((nodes.index(node) + 1 for node in chosen[: chosen.index(first)]), default=0)
        nodes = nodes[begin : nodes.index(first)]
    return drifting


def _spaced(nodes: Sequence[fx.Node], count: int) -> list[fx.Node]:
    """At most `count` evenly spaced nodes, always with the last."""
    count = min(count, len(nodes))
    return [nodes[(index + 1) * len(nodes) // count - 1] for index in range(count)]


def _errors(program: Program, prober: Prober, nodes: Sequence[fx.Node], sample: Sample, limit: float) -> list[float]:
    values = prober.probe(nodes, sample)
    sources = {node: _where_range_is_from(node) for node in nodes}
    references = _reference(program, {source for several in sources.values() for source in several}, sample)
    return [
        _error(value, references[node], max(_range(references[source]) for source in sources[node]), limit)
        for node, value in zip(nodes, values, strict=True)
    ]


def _where_range_is_from(node: fx.Node) -> set[fx.Node]:
    """The node itself, and what it reads as long as the arithmetic is exact."""
    waiting = [node]
    for reader in waiting:
        if is_exact(reader):
            waiting.extend(source for source in reader.all_input_nodes if source not in waiting)
    return {source for source in waiting if _is_float(source)}


def _is_float(node: fx.Node) -> bool:
    value: Any = node.meta.get("val")
    return node.op != "get_attr" and getattr(value, "is_floating_point", lambda: False)()


def _range(reference: NDArray[np.float32]) -> float:
    (span,) = reference_ranges([(reference,)])
    return span


def _error(value: NDArray[np.float32], reference: NDArray[np.float32], span: float, limit: float) -> float:
    """The error, as a fraction of `span`: the first at or under `limit` over all orders of the axes, else the smallest.

    A TFLite file may store a tensor with its axes in any order, split or merged, and does not state which. A wrong
    order gives a large error, so the order with the smallest is taken as the file's.
    """
    if value.size != reference.size:
        return inf
    smallest = inf
    for order in _orders(reference.shape):
        error = float(np.abs(value - reference.transpose(order).reshape(value.shape)).max()) / span
        smallest = min(smallest, error)  # NaN is never smaller
        if smallest <= limit:
            break
    return smallest


def _orders(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every order of the axes that differs in memory, the given one first."""
    wide = [axis for axis, size in enumerate(shape) if size != 1]
    narrow = [axis for axis, size in enumerate(shape) if size == 1]
    return ((*narrow, *order) for order in permutations(wide))


def _reference(program: Program, nodes: Collection[fx.Node], sample: Sample) -> dict[fx.Node, NDArray[np.float32]]:
    """Values of these nodes computed in float64."""
    double = to_dtype(program, torch.float64)
    twins = dict(zip(program.graph.nodes, double.graph.nodes, strict=True))
    recorder = _Recorder(double.graph_module, {twins[node] for node in nodes})
    with torch.no_grad():
        recorder.run(*map(promoted, torch_inputs(sample)))
    return {node: recorder.values[twins[node]] for node in nodes}


class _Recorder(Float64Interpreter):
    """Runs a graph and records the wanted values, rounded to float32."""

    def __init__(self, module: fx.GraphModule, wanted: set[fx.Node]) -> None:
        super().__init__(module)
        self._wanted = wanted
        self.values: dict[fx.Node, NDArray[np.float32]] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if n in self._wanted:
            self.values[n] = value.to(torch.float32, copy=True).numpy()
        return value


def _nearest(node: fx.Node, errors: dict[fx.Node, float]) -> tuple[list[fx.Node], tuple[str, ...]]:
    """The nearest measured nodes that this one reads, and the operations in between that were not measured."""
    sources, unseen, waiting = [], [], list(node.all_input_nodes)
    for source in waiting:
        if source in errors:
            sources.append(source)
        elif source.op == "call_function" and source.name not in unseen:
            unseen.append(source.name)
            waiting.extend(source.all_input_nodes)
    return sources, tuple(unseen)


def _layer(node: fx.Node, errors: dict[fx.Node, float]) -> Layer:
    return Layer(module_path(node), node.name, str(node.target), errors[node])
