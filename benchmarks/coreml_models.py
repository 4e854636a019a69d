"""Convert many networks to Core ML, and write how each program comes out to its page in docs/measurements/.

    python benchmarks/coreml_models.py

The networks are those of docs/measurements/tflite_models.md. Each is transformed, converted and proven by the
interpreter of ML programs as `efficientmod-export --target coreml` does it, in a process of its own, with a limit of
time; weights are seeded ones of realistic scale.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from _each_network import Benchmark, largest_error, same_top5
from _networks import EFFICIENTMODS, MORE, OTHERS

from efficientmod_export.bench.measuring import describe_machine, markdown_table, versions
from efficientmod_export.parity import NOISE_FACTOR
from efficientmod_export.steps import prove, prove_graph, subject_of, with_noise
from efficientmod_export.targets import find_target
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import deploy


@dataclass(frozen=True)
class Result:
    """One network; either `refusal` or the rest. Noise is what rounding alone costs the network."""

    network: str
    refusal: str | None = None
    operators: tuple[int, int] = (0, 0)
    graph: float = 0.0
    float32_noise: float = 0.0
    numerics: float = 0.0
    float16_noise: float = 0.0
    top5: bool = False
    outcome: str = ""


def examine(network: str, folder: Path) -> Result:
    subject, target = subject_of(load_network(network, None)), find_target("coreml")
    program = subject.capture()
    subject = with_noise(subject, program)
    variant = target.variant("fp16")
    deployed = deploy(program, variant.recipe)
    options = subject.options("fp16")
    artifact = target.make(deployed.program, options, folder)
    (numerics,) = (one.verdict for one in prove(variant, artifact, subject.held) if one.gate == "numerics")
    (graph,) = (one.verdict for one in prove_graph(variant, deployed.program, options, subject.held))
    noise = {
        kind: max((one.max_relative_error for one in worst), default=0.0) for kind, worst in subject.held.noise.items()
    }
    return Result(
        network=network,
        operators=(deployed.certificate.nodes_before, deployed.certificate.nodes_after),
        graph=largest_error(graph),
        float32_noise=noise["float32"],
        numerics=largest_error(numerics),
        float16_noise=noise["float16"],
        top5=same_top5(numerics),
        outcome="passed" if (graph.outcome, numerics.outcome) == ("passed", "passed") else "failed",
    )


def page(results: list[Result], command: str) -> str:
    return "\n".join(_lines(results, command)) + "\n"


def _lines(results: list[Result], command: str) -> Iterator[str]:
    made = [result for result in results if result.refusal is None]
    passed = sum(result.outcome == "passed" for result in made)
    ratios = [result.numerics / result.float16_noise for result in made if result.float16_noise]
    yield "# Networks in Core ML"
    yield ""
    yield f"Written by `{command}`"
    yield f"on {describe_machine()}; {versions('torch', 'timm', *find_target('coreml').packages)}."
    yield ""
    yield f"{len(results)} networks: {len(made)} are exported, {passed} of them pass both gates in the interpreter of"
    yield "ML programs. Operators: ATen's, as captured → as converted. Graph: the largest difference from PyTorch of"
    yield "a float32 conversion; float16: of the file itself, every value rounded as it is stored; both on a bundle's"
    yield "five pictures, as a fraction of the output's range. Beside each is the network's own noise: the same number"
    yield "for the untransformed network, computed in float32, not float64, or rounded to float16 after every operator."
    yield f"Limits are no tighter than {NOISE_FACTOR:g} times the noise."
    if ratios:
        yield f"The largest float16 error is {max(ratios):.1f} times the noise."
    yield ""
    head = ["network", "operators", "graph", "noise", "float16", "noise", "top-5", "gates"]
    yield from markdown_table(head, map(_row, made))
    refused = [f"- {result.network}: {' '.join(result.refusal.split())}" for result in results if result.refusal]
    if refused:
        yield from ("", "Not exported:", "", *refused)


def _row(result: Result) -> list[str]:
    before, after = result.operators
    return [
        result.network,
        f"{before} → {after}",
        f"{result.graph:.0e}",
        f"{result.float32_noise:.0e}",
        f"{result.numerics:.1e}",
        f"{result.float16_noise:.1e}",
        "equal" if result.top5 else "differs",
        result.outcome,
    ]


def main() -> None:
    Benchmark(
        script=Path(__file__),
        description=__doc__,
        networks=(*EFFICIENTMODS, *OTHERS, *MORE),
        kind=Result,
        examine=examine,
        refused=Result,
        page=page,
        line=lambda result: result.refusal or "  ".join(_row(result)[1:]),
        limit=900.0,
    ).main()


if __name__ == "__main__":
    main()
