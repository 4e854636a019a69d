"""What a bench came to: for the terminal, for `--json`, for Python."""

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

    `load_average` is how many processors the machine's programs kept busy in the minute before; where it is not near 0
    the timings are of a machine that does other work.
    """

    machine: str
    load_average: float | None
    threads: int
    runs: int
    warmup: int


@dataclass(frozen=True)
class Row(PlainRecord):
    """One contender.

    `runtime` with its version; `threads` as it uses them, None where it does not tell; `load_ms` to load the file, None
    where there is none; `rounds_ms` the single timings, in the order of the rounds.
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

    `resolution` is (H, W). `macs` are the network's multiply-accumulates for one picture as papers count them
    (`count_macs`), `macs_per_second` the best rate of PyTorch's float32 matrix product in the same rounds.
    """

    JSON_PROPERTIES = ("floor_ms", "times_floor")

    bundle: Path
    model: str
    weights: str
    resolution: tuple[int, int]
    settings: Settings
    macs: int
    macs_per_second: float
    rows: tuple[Row, ...]
    ratios: tuple[Ratio, ...]
    skipped: tuple[Skipped, ...]

    @property
    def floor_ms(self) -> float:
        """What the network's MACs alone would take at the rate of the matrix product."""
        return 1e3 * self.macs / self.macs_per_second

    @property
    def times_floor(self) -> dict[str, float]:
        """Each row's shortest call in units of the floor, which is of the shortest product."""
        return {row.name: row.latency.min_ms / self.floor_ms for row in self.rows}


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
