"""Benchmarks of many networks: each network in a process of its own with a limit of time, and a page of the results.

A result is kept as soon as it is there, so that an interrupted run goes on with the networks that are missing.
"""

import argparse
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from efficientmod_export.bench.measuring import Notes, run_apart
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import Verdict
from efficientmod_export.steps import Held, prove
from efficientmod_export.targets import ModelFile, Variant
from efficientmod_mobile.errors import EfficientModError
from efficientmod_mobile.messages import described

T = TypeVar("T")

MEASUREMENTS = Path(__file__).parents[1] / "docs" / "measurements"


@dataclass(frozen=True)
class Benchmark(Generic[T]):
    """What a script measures of each network.

    `examine` takes a network's name and an empty folder; `refused` a name and the reason why there is nothing to
    measure; `page` the results and the command that made them; `line` is shown as soon as a result is there. `limit`
    is the seconds that a network is given.
    """

    script: Path
    description: str
    networks: tuple[str, ...]
    kind: type[T]
    examine: Callable[[str, Path], T]
    refused: Callable[[str, str], T]
    page: Callable[[list[T], str], str]
    line: Callable[[T], str]
    limit: float

    def main(self) -> None:
        """The command line."""
        output = MEASUREMENTS / f"{self.script.stem}.md"
        parser = argparse.ArgumentParser(
            description=self.description, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument("networks", nargs="*", default=self.networks, help="default: all of them")
        parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep each result; do not repeat those")
        parser.add_argument(
            "--output", type=Path, default=output, help=f"the page (default: docs/measurements/{output.name})"
        )
        parser.add_argument("--note", type=Path, help=argparse.SUPPRESS)  # what the process of one network is told
        options = parser.parse_args()
        if options.note:
            self.examine_here(options.networks[0], options.note)
            return
        with tempfile.TemporaryDirectory() as temporary:
            results = self.examine_all(options.networks, options.keep or Path(temporary))
        options.output.write_text(self.page(results, self.command(options.networks)))

    def command(self, networks: Sequence[str]) -> str:
        """What makes the page of these networks."""
        chosen = [] if tuple(networks) == self.networks else networks
        return " ".join([f"python benchmarks/{self.script.name}", *chosen])

    def examine_all(self, networks: Sequence[str], folder: Path, *arguments: str | Path) -> list[T]:
        """Each network in a process of its own, which gets the `arguments` too; what is kept in `folder` stands."""
        notes = Notes(folder, self.kind)
        results = []
        for network in networks:
            result = notes.read(network)
            if result is None:
                command = [sys.executable, self.script, network, "--note", folder, *arguments]
                ended = run_apart(command, limit=self.limit)
                result = notes.read(network) or self.refused(network, ended.failure or "no result")
            results.append(result)
            print(network, self.line(result), file=sys.stderr)
        return results

    def examine_here(self, network: str, kept: Path) -> None:
        """What the process of one network does."""
        notes = Notes(kept, self.kind)
        with tempfile.TemporaryDirectory() as folder, quiet():
            try:
                result = self.examine(network, Path(folder))
            except EfficientModError as error:
                result = self.refused(network, str(error))
            except Exception as error:  # a fault: not kept, and told in the last line
                traceback.print_exc()
                sys.exit(described(error))
        notes.write(network, result)


def verdict_on_cpu(variant: Variant, file: ModelFile, held: Held) -> Verdict:
    """Whether a file computes what PyTorch does, within a bundle's limits, on this machine's processor."""
    (verdict,) = (check.verdict for check in prove(variant, file, held, ("cpu",)) if check.unit == "cpu")
    return verdict


def largest_error(verdict: Verdict) -> float:
    """The largest difference on any sample, as a fraction of the output's range; infinite without a measurement."""
    return max((one.max_relative_error for one in verdict.worst), default=float("inf"))


def same_top5(verdict: Verdict) -> bool:
    """Whether the best five classes are the reference's on every sample."""
    return all(one.top5.agrees for one in verdict.worst if one.top5)
