"""A network's rounding noise: the error that rounding alone causes, below which no artifact can be expected to stay.

Each kind is measured against the program in float64.

float32          every operator computed in float32
float16_weights  every weight rounded to float16
float16          every weight and every result of an operator rounded to float16, sums computed in float32
float16_sums     as well, sums of products added in float16, as a GPU does (`_float16_sums`)
int8_weights     the weights of linear layers and convolutions rounded to the nearest of 255 steps, row by row
int8_dynamic     as well, what these layers read rounded to 256 steps between its least and its largest value
int8_static      as well, what these layers give
palette6         the weights of these layers rounded to the nearest of 63 steps, row by row
"""

from collections.abc import Collection, Sequence
from typing import Any, Final, Literal

import torch
from torch import Tensor, fx
from torch.nn.attention import SDPBackend, sdpa_kernel

from efficientmod_export._stages import Outputs, Sample
from efficientmod_export.parity._float16_sums import Float16Sums
from efficientmod_export.parity._metrics import OutputMetrics, compare, reference_ranges
from efficientmod_export.parity._samples import torch_inputs
from efficientmod_export.quantisation import STEPS, in_256_steps, rounded_layers, to_nearest
from efficientmod_mobile.deploy import Program, to_dtype
from efficientmod_mobile.deploy.program import Float64Interpreter, promoted

NoiseKind = Literal[
    "float32",
    "float16_weights",
    "float16",
    "float16_sums",
    "int8_weights",
    "int8_dynamic",
    "int8_static",
    "palette6",
]

FLOAT_KINDS: Final[tuple[NoiseKind, ...]] = ("float32", "float16_weights", "float16")

Noise = dict[NoiseKind, tuple[OutputMetrics, ...]]
"""The worst of each metric over the samples whose results are finite, for each output; empty where there is none."""


def network_noise(program: Program, samples: Sequence[Sample], kinds: Collection[NoiseKind] = FLOAT_KINDS) -> Noise:
    """Measure these kinds on the untransformed program, against the same program in float64.

    Not against the reference's results, since the error of a wrong program would then widen its own limits.
    """
    double = to_dtype(program, torch.float64)
    given = [torch_inputs(sample) for sample in samples]
    interpreter = Float64Interpreter(double.graph_module)
    exact = [_outputs(interpreter.run(*map(promoted, inputs))) for inputs in given]
    runs: dict[NoiseKind, fx.Interpreter] = {
        "float32": fx.Interpreter(program.graph_module),
        "float16_weights": _Rounding(program.graph_module, results=False),
        "float16": _Rounding(program.graph_module, results=True),
        "float16_sums": _RoundingSums(program.graph_module, results=True),
        "int8_weights": _RoundedLayers(program),
        "int8_dynamic": _RoundedLayers(program, inputs=True),
        "int8_static": _RoundedLayers(program, inputs=True, results=True),
        "palette6": _RoundedLayers(program, steps=31),
    }
    with torch.no_grad():
        return {
            kind: _worst(results, exact) if (results := _results(run, given)) else ()
            for kind, run in runs.items()
            if kind in kinds
        }


def _results(run: fx.Interpreter, given: Sequence[Sequence[Tensor]]) -> list[Outputs]:
    """What each input gives; nothing where an operator refuses what rounding made of its operands."""
    try:
        return [_outputs(run.run(*inputs)) for inputs in given]
    except (RuntimeError, IndexError):
        return []


def _outputs(results: Sequence[Tensor]) -> Outputs:
    return tuple((output.float() if output.is_floating_point() else output).detach().numpy() for output in results)


def _worst(results: Sequence[Outputs], exact: Sequence[Outputs]) -> tuple[OutputMetrics, ...]:
    ranges = reference_ranges(exact)
    measured = [compare(one, result, ranges).outputs for one, result in zip(exact, results, strict=True)]
    finite = [outputs for outputs in measured if outputs]  # where float16 overflows, the noise is undefined
    return tuple(OutputMetrics.worst(outputs) for outputs in zip(*finite, strict=True))


class _Rounding(fx.Interpreter):
    """Runs a float32 graph with its weights, and with `results` also its operators' results, rounded to float16."""

    def __init__(self, module: fx.GraphModule, *, results: bool) -> None:
        super().__init__(module)
        self._results = results

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        rounded = n.op == "get_attr" or (self._results and n.op == "call_function")
        if rounded and isinstance(value, Tensor) and value.is_floating_point():
            return value.half().to(value.dtype)
        return value


class _RoundingSums(_Rounding):
    """Adds in float16 as well."""

    def run_node(self, n: fx.Node) -> Any:
        # Attention as the products that a GPU computes.
        with Float16Sums(), sdpa_kernel(SDPBackend.MATH):  # type: ignore[no-untyped-call]
            return super().run_node(n)


class _RoundedLayers(fx.Interpreter):
    """Runs a float32 graph whose layers read weights rounded to so many `steps` on either side of 0, and with `inputs`
    also rounded inputs, with `results` give rounded ones.
    """

    def __init__(self, program: Program, *, inputs: bool = False, results: bool = False, steps: int = STEPS) -> None:
        super().__init__(program.graph_module)
        self._layers = {node.name for node in rounded_layers(program)}
        self._inputs, self._results, self._steps = inputs, results, steps

    def run_node(self, n: fx.Node) -> Any:
        if n.name not in self._layers or not callable(n.target):
            return super().run_node(n)
        (x, weight, *others), named = self.fetch_args_kwargs_from_env(n)
        read = in_256_steps(x) if self._inputs else x
        given = n.target(read, to_nearest(weight, self._steps), *others, **named)
        return in_256_steps(given) if self._results else given
