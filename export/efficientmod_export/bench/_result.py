"""The results of a bench, for the terminal, `--json` and Python."""

from dataclasses import dataclass
from pathlib import Path

from efficientmod_export._plain import PlainRecord
from efficientmod_export._stages import Precision
from efficientmod_export.bench._plan import Kind, Timing
from efficientmod_export.bench._statistics import Latency, Ratio
from efficientmod_export.targets import PhoneTimes


@dataclass(frozen=True)
class Settings:
    """Where and how it was measured: `runs` rounds after `warmup` calls.

    `load_average` is the average number of busy processors in the minute before; where it is not near 0 the machine was
    doing other work.
    """

    machine: str
    load_average: float | None
    threads: int
    runs: int
    warmup: int


@dataclass(frozen=True)
class Row(PlainRecord):
    """One contender.

    `runtime` includes its version; `threads` is the number that it uses, None where it does not report it; `load_ms` is
    the time to load the file, None where there is none; `rounds_ms` are the single timings, in the order of the rounds.
    """

    name: str
    kind: Kind
    runtime: str
    precision: Precision
    threads: int | None
    load_ms: float | None
    latency: Latency
    rounds_ms: tuple[float, ...]

    @classmethod
    def of(cls, name: str, kind: Kind, runtime: str, precision: Precision, timing: Timing) -> "Row":
        """Summarise a contender's timing."""
        latency = Latency.of(timing.rounds)
        return cls(name, kind, runtime, precision, timing.threads, timing.load, latency, timing.rounds)


@dataclass(frozen=True)
class Skipped:
    """What could not be measured, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class BenchResult(PlainRecord):
    """A bundle measured on this machine.

    `resolution` is (H, W) of the first picture, None without one. `macs` are the network's multiply-accumulates as
    papers count them (`count_macs`), None without the network; `macs_per_second` is the best rate of PyTorch's float32
    matrix product in the same rounds.
    """

    JSON_PROPERTIES = ("floor_ms", "times_floor")

    bundle: Path
    model: str
    weights: str
    resolution: tuple[int, int] | None
    settings: Settings
    macs: int | None
    macs_per_second: float
    rows: tuple[Row, ...]
    ratios: tuple[Ratio, ...]
    skipped: tuple[Skipped, ...]

    @property
    def size(self) -> str:
        """The resolution as in "192x256"; "tensors" without a picture."""
        return "x".join(map(str, self.resolution)) if self.resolution else "tensors"

    @property
    def floor_ms(self) -> float | None:
        """The time of the network's MACs at the rate of the matrix product; None where they are not known."""
        return None if self.macs is None else 1e3 * self.macs / self.macs_per_second

    @property
    def times_floor(self) -> dict[str, float]:
        """Each row's shortest call divided by the floor, which is from the shortest product; empty without a floor."""
        floor = self.floor_ms
        return {} if floor is None else {row.name: row.latency.min_ms / floor for row in self.rows}


@dataclass(frozen=True)
class PhoneResult(PlainRecord):
    """An artifact measured on a phone by a command-line tool, on `threads` threads, in `runs` calls after a warm-up."""

    bundle: Path
    model: str
    target: str
    phone: str
    tool: str
    threads: int
    runs: int
    times: PhoneTimes
