"""Export small networks of every kind to every target, and write how far each file is from PyTorch to its page in
docs/measurements/.

    python benchmarks/kinds.py

The networks are those of the tests in tests/export/networks/. Each is captured, transformed, converted and run in
float32 in a process of its own, with a limit of time; Core ML's files are interpreted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from _each_network import Benchmark
from torch import nn

from efficientmod_export.bench.measuring import describe_machine, markdown_table, versions
from efficientmod_export.targets import find_target
from tests.export.networks.attempts import TARGETS, attempted
from tests.export.networks.fifteen import INPUTS, REFUSED, RIGHT
from tests.export.networks.test_kinds import KINDS, network_of

NETWORKS: dict[str, Callable[[], nn.Module]] = {build.__name__: build for build in (*RIGHT, *REFUSED)}


@dataclass(frozen=True)
class Result:
    """One network: in each target its largest error as a fraction of the output's range, or why it is refused."""

    network: str
    errors: dict[str, float | None]
    refusals: dict[str, str]


def examine(name: str, folder: Path) -> Result:  # noqa: ARG001 - files are written to folders of their own
    torch.manual_seed(0)
    if name in KINDS:
        found = attempted(network_of(KINDS[name]))
    else:
        build = NETWORKS[name]
        found = attempted(build(), inputs=INPUTS.get(build, ()))
    errors = {target: one.error for target, one in found.items()}
    return Result(name, errors, {target: one.refusal for target, one in found.items() if one.error is None})


def refused(name: str, reason: str) -> Result:
    return Result(name, {}, dict.fromkeys(TARGETS, reason))


def page(results: list[Result], command: str) -> str:
    return "\n".join(_lines(results, command)) + "\n"


def _lines(results: list[Result], command: str) -> Iterator[str]:
    of_cases = [one for one in results if one.network in NETWORKS]
    packages = dict.fromkeys(package for target in TARGETS for package in find_target(target).packages)
    yield "# Kinds of networks"
    yield ""
    yield f"Written by `{command}`"
    yield f"on {describe_machine()}; {versions('torch', *packages)}."
    yield ""
    yield "The largest difference from PyTorch of each target's float32 file, of any output on two pictures, as a"
    yield "fraction of the output's range; the order of sums alone makes about 1e-7. Core ML's files are interpreted."
    yield "The tests in tests/export/networks/ hold these numbers below 2e-5, and this page to the tests' networks."
    if of_cases:
        yield from ("", "## Networks that converters get wrong or refuse", "")
        yield from markdown_table(["network", "what it is", *TARGETS], (_case_row(one) for one in of_cases))
    kinds = [one for one in results if one.network not in NETWORKS]
    if kinds:
        yield from ("", "## Operators and layers", "")
        yield from markdown_table(["kind", *TARGETS], ([one.network, *_verdicts(one)] for one in kinds))
    sentences = [
        f"- {one.network}: {' '.join(sentence.split())}"
        for one in results
        for sentence in dict.fromkeys(one.refusals.values())
    ]
    if sentences:
        yield from ("", "Refused:", "", *sentences)


def _case_row(result: Result) -> list[str]:
    build = NETWORKS[result.network]
    what = (build.__doc__ or "").partition("\n")[0].removesuffix(".")
    return [f"`{result.network}`", what, *_verdicts(result)]


def _verdicts(result: Result) -> list[str]:
    return ["refused" if (error := result.errors.get(target)) is None else f"{error:.0e}" for target in TARGETS]


def main() -> None:
    Benchmark(
        script=Path(__file__),
        description=__doc__ or "",
        networks=(*NETWORKS, *KINDS),
        kind=Result,
        examine=examine,
        refused=refused,
        page=page,
        line=lambda result: "  ".join([*_verdicts(result), *dict.fromkeys(result.refusals.values())]),
        limit=300.0,
    ).main()


if __name__ == "__main__":
    main()
