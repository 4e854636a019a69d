"""Roundings of weights to int8 beside the toolkit's own; writes docs/measurements/roundings.md.

    python benchmarks/roundings.py efficientmod_s=checkpoint.pth --keep results

A network is NAME or NAME=CHECKPOINT; without a checkpoint its weights are seeded. Every third of the photographs in
tests/data/ is one for which weights are rounded; the numbers are SQNR of TFLite's form of the program on the others,
and the best classes that are float's, where float's margin exceeds 3 % of the range: for rounded weights alone, and for
rounded inputs of these layers too, as int8-dynamic has them with no layer in float.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from _each_network import Benchmark
from _equalisation import equalised
from _photographs import MARGIN, divided, photographs
from _rounding_variants import to_the_nearest, with_steps_of_least_error, without_bias_correction, without_views
from torch import Tensor, fx

from efficientmod_export.bench.measuring import describe_machine, markdown_table, versions
from efficientmod_export.bundle import open_picture
from efficientmod_export.quantisation import in_256_steps, round_weights, rounded_layers
from efficientmod_export.steps import subject_of
from efficientmod_export.targets import find_target
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import Program, deploy
from efficientmod_mobile.deploy.analysis import Layer, layer_of

NETWORKS = ("efficientmod_xxs", "timm/tf_efficientnet_lite0")
TIME_LIMIT = 3600.0

Inputs = Sequence[tuple[Tensor, ...]]
Variant = tuple[Callable[[], AbstractContextManager[None]], ...]
VARIANTS: dict[str, Variant] = {
    "to the nearest step": (without_views, without_bias_correction, to_the_nearest),
    "the same with bias correction": (without_views, to_the_nearest),
    "GPTQ without bias correction": (without_views, without_bias_correction),
    "GPTQ with bias correction": (without_views,),
    "the same for views of the pictures too: what is used": (),
    "and each row's step of least square error": (with_steps_of_least_error,),
}


@dataclass(frozen=True)
class Row:
    """One way of rounding: dB of rounded weights alone, and with rounded inputs, and the clear classes that are float's
    then.
    """

    name: str
    weights_db: float
    inputs_db: float
    agree: int


@dataclass(frozen=True)
class Result:
    """One network; either `refusal` or the rest. `clear` of its `pictures` have a margin."""

    network: str
    refusal: str | None = None
    pictures: int = 0
    clear: int = 0
    rows: tuple[Row, ...] = ()


def examine(network: str, _folder: Path) -> Result:
    """Round a network in every way."""
    name, _, checkpoint = network.partition("=")
    subject = subject_of(load_network(name, checkpoint or None))
    preprocessing = subject.preprocessing
    assert preprocessing is not None
    exact = deploy(subject.capture(), find_target("tflite").variant("int8").recipe).program
    pictures = [
        (torch.from_numpy(preprocessing.tensor(preprocessing.pixels(open_picture(path)))),) for path in photographs()
    ]
    given, others = divided(pictures)
    expected = _outputs(exact, others)
    best = expected.sort(1).values
    clear = best[:, -1] - best[:, -2] > MARGIN * (expected.max() - expected.min())

    def row(name: str, program: Program) -> Row:
        rounded = round_weights(program, given).program
        alone, found = _outputs(rounded, others), _outputs(rounded, others, round_inputs=True)
        agree = int(((found.argmax(1) == expected.argmax(1)) & clear).sum())
        return Row(name, _sqnr(expected, alone), _sqnr(expected, found), agree)

    rows = []
    for told, parts in VARIANTS.items():
        with ExitStack() as stack:
            for part in parts:
                stack.enter_context(part())
            rows.append(row(told, exact))
    changed, groups = equalised(exact, given)
    rows.append(row(f"what is used, of the program with {groups} groups of channels equalised", changed))
    return Result(network, None, len(others), int(clear.sum()), tuple(rows))


class _RoundingInputs(fx.Interpreter):
    """Rounds what layers with rounded weights read, each row of a linear layer and each picture apart."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.graph_module)
        self._layers = {node: layer_of(node) for node in rounded_layers(program)}

    def run_node(self, n: fx.Node) -> Any:
        layer = self._layers.get(n)
        if not isinstance(layer, Layer):
            return super().run_node(n)
        (given, *others), settings = self.fetch_args_kwargs_from_env(n)
        rounded = in_256_steps(given, (-1,) if layer.kind == "linear" else ())
        return self.call_function(n.target, (rounded, *others), settings)


def _outputs(program: Program, inputs: Inputs, *, round_inputs: bool = False) -> Tensor:
    """(pictures, classes)."""
    interpreter = _RoundingInputs(program) if round_inputs else fx.Interpreter(program.graph_module)
    with torch.no_grad():
        return torch.cat([interpreter.run(*given)[0] for given in inputs]).double()


def _sqnr(expected: Tensor, found: Tensor) -> float:
    return float(10 * torch.log10(expected.square().sum() / (found - expected).square().sum()))


def page(results: list[Result], command: str) -> str:
    """The document."""
    lines = [
        "# Roundings of weights to int8",
        "",
        "Written by",
        "",
        f"    {command}",
        "",
        f"on {describe_machine()}; {versions('torch', 'timm')}. What the numbers are is in the script's `--help`.",
    ]
    heads = ["rounding", "weights alone", "inputs too", "clear ones as in float"]
    for result in results:
        lines += ["", f"## {result.network.partition('=')[0]}", ""]
        lines += [f"Not measured: {result.refusal}"] if result.refusal else markdown_table(heads, _rows(result))
    return "\n".join(lines) + "\n"


def _rows(result: Result) -> list[list[str]]:
    return [
        [
            row.name,
            f"{row.weights_db:.1f} dB",
            f"{row.inputs_db:.1f} dB",
            f"{row.agree}/{result.clear}",
        ]
        for row in result.rows
    ]


BENCHMARK = Benchmark(
    script=Path(__file__),
    description=__doc__ or "",
    networks=NETWORKS,
    kind=Result,
    examine=examine,
    refused=lambda network, reason: Result(network, refusal=reason),
    page=page,
    line=lambda result: (
        result.refusal or "; ".join(f"{row.weights_db:.1f}, {row.inputs_db:.1f}" for row in result.rows)
    ),
    limit=TIME_LIMIT,
)


if __name__ == "__main__":
    BENCHMARK.main()
