"""The page of networks in 8 bits, and what it is written from."""

from dataclasses import dataclass
from pathlib import Path

from efficientmod_export.bench.measuring import describe_machine, markdown_table, versions
from efficientmod_export.targets import Precision

INSTRUCTIONS = ("avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm")
"""Of integers of 8 bits, as Linux names them."""


@dataclass(frozen=True)
class File:
    """One int8 file beside the float file of its target. `ratio` is of their times, `parts` the delegate's partitions
    and the operators outside them, where they are known here; `failure` says why there is no such file.
    """

    target: str
    precision: Precision
    tool: str
    failure: str | None = None
    size: float = 0.0
    parts: tuple[int, int] | None = None
    sqnr_db: float = 0.0
    error: float = 0.0
    agree: int = 0
    agree_beyond_margin: int = 0
    beyond_margin: int = 0
    ratio: float | None = None


@dataclass(frozen=True)
class Result:
    """One network; either `refusal` or the rest. `pictures` is the number that the errors are of."""

    network: str
    refusal: str | None = None
    pictures: int = 0
    files: tuple[File, ...] = ()


def page(results: list[Result], command: str) -> str:
    """The document."""
    rows = [_row(result, file) for result in results for file in result.files]
    heads = ["network", "file", "tool", "size", "parts", "SQNR", "largest error", "top-1", "of clear ones", "time"]
    refused = [f"- {result.network}: {result.refusal}" for result in results if result.refusal]
    tools = versions("torch", "timm", "ai-edge-litert", "executorch", "torchao", "coremltools")
    return (
        "\n".join(
            [
                "# Networks in 8 bits",
                "",
                "Written by",
                "",
                f"    {command}",
                "",
                f"on {describe_machine()}, with the instructions of 8 bits {_instructions()}; {tools}. Sizes "
                "are ratios to the same target's float32 file, times to its float file; parts: the delegate's, + the "
                "operators outside. Networks without a checkpoint have seeded weights, whose best classes often nearly "
                "tie: a clear one has a margin of 3 % of the range. What else is done is in the script's `--help`.",
                "",
                *markdown_table(heads, rows),
                *(["", *refused] if refused else []),
            ]
        )
        + "\n"
    )


def _instructions() -> str:
    flags = Path("/proc/cpuinfo").read_text().split()
    return ", ".join(one for one in INSTRUCTIONS if one in flags) or "none"


def _row(result: Result, file: File) -> list[str]:
    start = [result.network.partition("=")[0], f"{file.target} {file.precision}", file.tool]
    if file.failure is not None:
        return [*start, *["-"] * 6, f"fails: {file.failure}"]
    return [
        *start,
        f"{file.size:.2f}",
        "-" if file.parts is None else f"{file.parts[0]}" + (f" + {file.parts[1]}" if file.parts[1] else ""),
        f"{file.sqnr_db:.1f} dB",
        f"{file.error:.1e}",
        f"{file.agree}/{result.pictures}",
        f"{file.agree_beyond_margin}/{file.beyond_margin}",
        "-" if file.ratio is None else f"{file.ratio:.2f}",
    ]
