"""What rounding alone costs a network: its own noise, which no artifact of it can be asked to stay below.

    float32          the program in float64
    float16_weights  every weight rounded to float16
    float16          every weight and every result of an operator rounded to float16, sums kept in float32

each against the same program in float32, and not against the reference: a fault of the program must not pass for noise.
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


def network_noise(program: Program, samples: Sequence[Sample]) -> Noise:
    """Measure the three kinds on the untransformed program."""
    double = to_dtype(program, torch.float64)
    exact = _run_all(program.graph_module, samples)
    runs: dict[NoiseKind, Sequence[Outputs]] = {
        "float32": _run_all(Float64Interpreter(double.graph_module).run, samples, torch.float64),
        "float16_weights": _run_all(_Rounding(program.graph_module, results=False).run, samples),
        "float16": _run_all(_Rounding(program.graph_module, results=True).run, samples),
    }
    return {kind: _worst(exact, results) for kind, results in runs.items()}


def _run_all(
    run: Callable[[Tensor], Any], samples: Sequence[Sample], dtype: torch.dtype = torch.float32
) -> tuple[Outputs, ...]:
    with torch.no_grad():
        results = (run(torch.from_numpy(sample.tensor).to(dtype)) for sample in samples)
        return tuple(tuple(output.float().numpy() for output in outputs) for outputs in results)


def _worst(exact: Sequence[Outputs], rounded: Sequence[Outputs]) -> tuple[OutputMetrics, ...]:
    ranges = reference_ranges(exact)
    measured = [compare(one, other, ranges).outputs for one, other in zip(exact, rounded, strict=True)]
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
