"""What was measured of our TFLite files and other converters', and the page that shows it."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from efficientmod_export.bench.measuring import Latency, Ratio, describe_machine, markdown_table, versions
from efficientmod_export.targets.tflite import TARGET

OURS = "ours"
MUCH = 0.7
"""A ratio that only another arithmetic or another layout brings about."""

WHAT_IT_MEANS = (
    "Where a ratio is near one, every converter hands XNNPACK the same kernels in the same order, in one partition,",
    "without a TRANSPOSE, and they run near the processor's peak.",
    "What there is to gain lies in large depthwise kernels, which are split (EfficientMod, ConvNeXt, FastViT,",
    "StarNet), in branches that fold into one (MobileOne), in norms and attention that move no data, and in operators",
    "that others leave outside XNNPACK.",
)


@dataclass(frozen=True)
class File:
    """One converter's file. `macs` are multiply-accumulates, `wrong` says which limit it breaks, `rounds` are ms."""

    label: str
    seconds: float
    partitions: int
    transposes: int
    macs: int
    error: float
    wrong: str | None
    rounds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Result:
    """One network: the files, ours first, and why the others are not there."""

    network: str
    resolution: tuple[int, int]
    load_average: float | None
    files: tuple[File, ...]
    refusals: dict[str, str]

    def ratio(self, label: str) -> Ratio | None:
        """Ours to a rival's; None where one of them does not compute what PyTorch does."""
        files = {file.label: file for file in self.files if file.wrong is None}
        if OURS not in files or label not in files:
            return None
        return Ratio.of(OURS, files[OURS].rounds, label, files[label].rounds)

    def floor(self, label: str, peak: float) -> float:
        """The least that the ratio to a rival could be, at `peak` multiply-accumulates a second for all of ours."""
        files = {file.label: file for file in self.files}
        return files[OURS].macs / peak / (min(files[label].rounds) / 1000)


def page(results: list[Result], labels: list[str], peak: float, command: str, runs: int) -> str:
    """The document."""
    loads = [result.load_average for result in results if result.load_average is not None]
    busy = f", load average {min(loads):.1f} to {max(loads):.1f} before the rounds" if loads else ""
    lines = [
        "# TFLite beside other converters",
        "",
        "Written by",
        "",
        f"    {command}",
        "",
        f"on {describe_machine()}{busy}; {versions('torch', 'timm', *TARGET.packages)}. "
        f"LiteRT with XNNPACK, one thread, float32, batch 1, {runs} rounds in turns. What is compared, and how, is in "
        "the script's `--help`.",
        "",
        *_summary(results, labels[1:], peak),
        "",
        *WHAT_IT_MEANS,
        "",
        "## Latency",
        "",
        "Milliseconds: median (least). A ratio is ours to theirs: the median over the rounds, (quartiles). Its floor "
        "is what it would be if our file took no time but that of its multiply-accumulates (GMAC), each at the rate of "
        f"the fastest matrix product in the same runtime, {peak / 1e9:.0f} GMAC/s here.",
        "",
        *markdown_table(
            ["network", "at", "GMAC", OURS, *(cell for label in labels[1:] for cell in (label, "ratio", "floor"))],
            (latency_row(result, labels, peak) for result in results),
        ),
        "",
        "## The files",
        "",
        f"In the order {', '.join(labels)}. Error: the largest difference from PyTorch, as a fraction of the output's "
        "range. Seconds: ours from the PyTorch program, with the proofs of the transforms; onnx2tf from ONNX; "
        "litert-torch from PyTorch.",
        "",
        *markdown_table(
            ["network", "partitions", "TRANSPOSE", "error", "seconds to convert"],
            (_file_row(result, labels) for result in results),
        ),
    ]
    faults = list(_faults(results))
    if faults:
        lines += ["", "## Not compared", "", *faults]
    return "\n".join(lines) + "\n"


def _summary(results: list[Result], rivals: list[str], peak: float) -> Iterator[str]:
    for label in rivals:
        compared = [(ratio.median, result.floor(label, peak)) for result in results if (ratio := result.ratio(label))]
        if compared:
            ratios, floors = zip(*compared, strict=True)
            much, never = sum(ratio <= MUCH for ratio in ratios), sum(floor > MUCH for floor in floors)
            yield (
                f"- {label}: median ratio {statistics.median(ratios):.2f} over {len(ratios)} networks, "
                f"{min(ratios):.2f} to {max(ratios):.2f}; over 1.02 in {sum(ratio > 1.02 for ratio in ratios)}, "
                f"at most {MUCH} in {much}. In {never} the floor is above {MUCH}."
            )
        refused = sum(label in result.refusals for result in results)
        wrong = sum(file.label == label and file.wrong is not None for result in results for file in result.files)
        if refused or wrong:
            yield f"- {label} does not convert {refused} of {len(results)} networks, and {wrong} wrongly."


def latency_row(result: Result, labels: list[str], peak: float) -> list[str]:
    """A line of the first table."""
    files = {file.label: file for file in result.files}
    work = f"{files[OURS].macs / 1e9:.2f}" if OURS in files else "-"
    cells = [result.network, "x".join(map(str, result.resolution)), work]
    for label in labels:
        if label in files and files[label].wrong is None:
            times = Latency.of(files[label].rounds)
            cells.append(f"{times.median_ms:.1f} ({times.min_ms:.1f})")
        else:
            cells.append("wrong" if label in files else "not converted")
        if label != OURS:
            ratio = result.ratio(label)
            cells.append(f"**{ratio.median:.2f}** ({ratio.lower:.2f}-{ratio.upper:.2f})" if ratio else "-")
            cells.append(f"{result.floor(label, peak):.2f}" if ratio else "-")
    return cells


def _file_row(result: Result, labels: list[str]) -> list[str]:
    files = {file.label: file for file in result.files}

    def cell(show: Callable[[File], str]) -> str:
        return " / ".join(show(files[label]) if label in files else "-" for label in labels)

    return [
        result.network,
        cell(lambda file: str(file.partitions)),
        cell(lambda file: str(file.transposes)),
        cell(lambda file: f"{file.error:.0e}" + ("" if file.wrong is None else " wrong")),
        cell(lambda file: f"{file.seconds:.1f}"),
    ]


def _faults(results: list[Result]) -> Iterator[str]:
    for result in results:
        for label, reason in result.refusals.items():
            yield f"- {result.network}, {label}: {reason}"
        for file in result.files:
            if file.wrong is not None:
                yield f"- {result.network}, {file.label}: does not compute what PyTorch does ({file.wrong})"
