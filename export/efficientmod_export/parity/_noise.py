"""What rounding alone costs a network: its own noise, which no artifact of it can be asked to stay below.

float32          the program in float64 against the reference, which is float32
float16_weights  every weight rounded to float16
float16          every weight and every result of an operator rounded to float16, sums kept in float32
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, fx

from efficientmod_export._stages import Outputs, Sample
from efficientmod_export.parity._metrics import OutputMetrics, compare, reference_ranges
from efficientmod_mobile.deploy import Program, to_dtype
from efficientmod_mobile.deploy.program import Float64Interpreter

NoiseKind = Literal["float32", "float16_weights", "float16"]

Noise = dict[NoiseKind, tuple[OutputMetrics, ...]]
"""The worst of each metric over all samples, for each output; nothing where a result is not finite."""


def network_noise(program: Program, samples: Sequence[Sample], references: Sequence[Outputs]) -> Noise:
    """Measure the three kinds on the untransformed program."""
    double = to_dtype(program, torch.float64)
    runs: dict[NoiseKind, Callable[[Tensor], Any]] = {
        "float32": lambda image: Float64Interpreter(double.graph_module).run(image.double()),
        "float16_weights": lambda image: _Rounding(program.graph_module, results=False).run(image),
        "float16": lambda image: _Rounding(program.graph_module, results=True).run(image),
    }
    return {kind: _worst(run, samples, references) for kind, run in runs.items()}


def _worst(
    run: Callable[[Tensor], Any], samples: Sequence[Sample], references: Sequence[Outputs]
) -> tuple[OutputMetrics, ...]:
    ranges = reference_ranges(references)
    measured = []
    with torch.no_grad():
        for sample, reference in zip(samples, references, strict=True):
            results = tuple(output.float().numpy() for output in run(torch.from_numpy(sample.tensor)))
            measured.append(compare(reference, results, ranges).outputs)
    if not all(measured):  # float16 overflows: there is no noise to speak of
        return ()
    return tuple(OutputMetrics.worst(outputs) for outputs in zip(*measured, strict=True))


class _Rounding(fx.Interpreter):
    """Runs a float32 graph with its weights, and if asked for its operators' results, rounded to float16."""

    def __init__(self, module: fx.GraphModule, *, results: bool) -> None:
        super().__init__(module)
        self._results = results

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        rounded = n.op == "get_attr" or (self._results and n.op == "call_function")
        if rounded and isinstance(value, Tensor) and value.is_floating_point():
            return value.half().to(value.dtype)
        return value
