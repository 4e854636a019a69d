"""Run many networks' TFLite files on LiteRT's GPU accelerator, and write how they come out to docs/measurements/.

    python benchmarks/gpu_networks.py

The networks are the EfficientMods and those that must convert, with seeded weights of realistic scale. Each file is
held against PyTorch on the five pictures of a bundle: on the processor, and in float32 on a software GPU that takes all
of its operators or refuses it. The EfficientMods run in float16 as well, which takes a software GPU minutes. Each
network has a process of its own, with a limit of time.
"""

from collections.abc import Iterator
from pathlib import Path

from _each_network import Benchmark
from _gpu_records import OwnNoise, Place, Result
from _networks import EFFICIENTMODS, MORE, OTHERS

from efficientmod_export.bench.measuring import describe_machine, markdown_table, versions
from efficientmod_export.steps import prove, subject_of, with_noise
from efficientmod_export.targets.tflite import TARGET
from efficientmod_export.targets.tflite.gpu import gpu_findings
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import deploy

TIME_LIMIT = 1200.0
"""Seconds that a network is given."""


def examine(network: str, folder: Path) -> Result:
    """Convert a network and hold its float32 file against PyTorch on the processor and on the GPU."""
    subject = subject_of(load_network(network, None))
    captured = subject.capture()
    subject = with_noise(subject, captured)
    variant = TARGET.variant("fp32")
    program = deploy(captured, variant.recipe).program
    artifact = TARGET.make(program, subject.options("fp32"), folder)
    checks = prove(variant, artifact, subject.held)
    places = {f"{check.unit} {check.compute_precision}": Place.of(check.verdict) for check in checks}
    findings = tuple(str(found) for found in gpu_findings(artifact.path.read_bytes()))
    return Result(network, places=places, findings=findings, noise=OwnNoise.of(subject.held.noise))


def page(results: list[Result], command: str) -> str:
    """The document."""
    made = [result for result in results if result.places]
    right = sum(_is_right(result) for result in made)
    lines = [
        "# Networks on LiteRT's GPU accelerator",
        "",
        "Written by",
        "",
        f"    {command}",
        "",
        f"on {describe_machine()}; {versions('onnx', 'ai-edge-litert')}; software Vulkan drivers, SwiftShader for "
        "float32 and lavapipe for float16.",
        "",
        f"{len(results)} networks, {right} of them wholly on the GPU and right in float32. Error: the largest "
        "difference from PyTorch over five pictures, as a fraction of the output's range.",
        "",
        *markdown_table(["network", "processor", "GPU, float32", "GPU, float16"], map(_row, made)),
    ]
    notes = [*(f"- {result.network}: {result.refusal}" for result in results if result.refusal), *_reasons(made)]
    return "\n".join(lines + (["", "## Not right, or refused", "", *notes] if notes else [])) + "\n"


def _is_right(result: Result) -> bool:
    place = (result.places or {}).get("gpu float32")
    return place is not None and place.error is not None and not place.reasons


def _row(result: Result) -> list[str]:
    places = result.places or {}
    errors = [places.get(name) for name in ("cpu float32", "gpu float32", "gpu float16")]
    return [result.network, *(_shown(place) for place in errors)]


def _shown(place: Place | None) -> str:
    if place is None:
        return "-"
    if place.error is None:
        return "not run"
    return f"{place.error:.0e}" if not place.reasons else f"**{place.error:.0e}**"


def _reasons(made: list[Result]) -> Iterator[str]:
    for result in made:
        for name, place in (result.places or {}).items():
            for reason in place.reasons:
                yield f"- {result.network}, {name}: {reason}"
        for finding in result.findings:
            yield f"- {result.network}: {finding}"


BENCHMARK = Benchmark(
    script=Path(__file__),
    description=__doc__ or "",
    networks=(*EFFICIENTMODS, *OTHERS, *MORE),
    kind=Result,
    examine=examine,
    refused=lambda network, reason: Result(network, refusal=reason),
    page=page,
    line=lambda result: result.refusal or "  ".join(_row(result)[1:]),
    limit=TIME_LIMIT,
)

if __name__ == "__main__":
    BENCHMARK.main()
