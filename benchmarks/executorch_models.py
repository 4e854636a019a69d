"""Convert many networks to ExecuTorch for XNNPACK, and write how each file comes out to its page in docs/measurements/.

    python benchmarks/executorch_models.py

The networks are the EfficientMods, and those that docs/measurements/tflite_models.md begins with. Each is transformed,
converted and proven as `efficientmod-export --target executorch` does it, in a process of its own, with a limit of
time; weights are seeded ones of realistic scale.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from _each_network import Benchmark, largest_error, same_top5, verdict_on_cpu
from _networks import EFFICIENTMODS, OTHERS

from efficientmod_export.bench.measuring import describe_machine, markdown_table, versions
from efficientmod_export.steps import subject_of, with_noise
from efficientmod_export.targets import find_target
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import deploy


@dataclass(frozen=True)
class Result:
    """One network; either `refusal` or the rest. `nodes` are the program's operators before and after the recipe."""

    network: str
    refusal: str | None = None
    nodes: tuple[int, int] = (0, 0)
    delegates: int = 0
    outside: tuple[str, ...] = ()
    error: float = 0.0
    top5: bool = False
    outcome: str = ""


def examine(network: str, folder: Path) -> Result:
    subject, target = subject_of(load_network(network, None)), find_target("executorch")
    program = subject.capture()
    subject = with_noise(subject, program)
    variant = target.variant("fp32")
    deployed = deploy(program, variant.recipe)
    artifact = target.make(deployed.program, subject.options("fp32"), folder)
    verdict = verdict_on_cpu(variant, artifact, subject.held)
    return Result(
        network=network,
        nodes=(deployed.certificate.nodes_before, deployed.certificate.nodes_after),
        delegates=artifact.delegates or 0,
        outside=artifact.outside,
        error=largest_error(verdict),
        top5=same_top5(verdict),
        outcome=verdict.outcome,
    )


def page(results: list[Result], command: str) -> str:
    return "\n".join(_lines(results, command)) + "\n"


def _lines(results: list[Result], command: str) -> Iterator[str]:
    made = [result for result in results if result.refusal is None]
    whole = sum(not result.outside and result.delegates == 1 for result in made)
    yield "# Networks in ExecuTorch"
    yield ""
    yield f"Written by `{command}`"
    yield f"on {describe_machine()}; {versions('torch', 'timm', *find_target('executorch').packages)}."
    yield ""
    yield f"{len(results)} networks in float32: {len(made)} are exported, {whole} of them as one XNNPACK delegate with"
    yield "nothing outside. Operators: ATen's, as captured → as lowered. Error: the largest difference from PyTorch on"
    yield "the five pictures of a bundle, as a fraction of the output's range."
    yield ""
    head = ["network", "operators", "delegates", "outside", "error", "top-5", "parity"]
    yield from markdown_table(head, map(_row, made))
    refused = [f"- {result.network}: {' '.join(result.refusal.split())}" for result in results if result.refusal]
    if refused:
        yield from ("", "Not exported:", "", *refused)


def _row(result: Result) -> list[str]:
    before, after = result.nodes
    return [
        result.network,
        f"{before} → {after}",
        str(result.delegates),
        ", ".join(result.outside) or "-",
        f"{result.error:.0e}",
        "equal" if result.top5 else "differs",
        result.outcome,
    ]


def main() -> None:
    Benchmark(
        script=Path(__file__),
        description=__doc__,
        networks=(*EFFICIENTMODS, *OTHERS),
        kind=Result,
        examine=examine,
        refused=Result,
        page=page,
        line=lambda result: result.refusal or "  ".join(_row(result)[1:]),
        limit=900.0,
    ).main()


if __name__ == "__main__":
    main()
