"""What an evaluation is asked for."""

from dataclasses import dataclass
from pathlib import Path

from efficientmod_export.eval._files import check_outside
from efficientmod_export.eval._sheet import check_sheet
from efficientmod_mobile.errors import InputError

PARTIAL = ".partial"
"""Ends the name of the file beside the result that an interrupted evaluation goes on from."""


@dataclass(frozen=True)
class EvalRequest:
    """The arguments of `evaluate`. `processes` is None for one a processor."""

    bundle: Path
    images: Path
    truth: Path | None
    checkpoint: str | None
    checkpoint_key: str | None
    model: str | None
    targets: tuple[str, ...]
    limit: int | None
    seed: int
    json_file: Path | None
    csv_file: Path | None
    sheet: Path | None
    processes: int | None
    scheduler: str | None

    def check(self) -> None:
        """Raise InputError for options that cannot be used."""
        for path in (self.json_file, self.csv_file, self.sheet):
            if path is not None:
                check_outside(path, self.bundle)
        if self.sheet is not None:
            check_sheet(self.sheet)
        for name, number in (("limit", self.limit), ("processes", self.processes)):
            if number is not None and number < 1:
                raise InputError(f"{number} is too few for {name}; give 1 or more.", code="option_out_of_range")
        if self.scheduler is not None and self.processes is not None:
            raise InputError(
                "The cluster's workers are counted by its scheduler; leave out --processes.", code="conflicting_options"
            )

    @property
    def partial(self) -> Path | None:
        """Where the pictures that were seen are kept; None where no result is written."""
        result = self.json_file or self.csv_file
        return None if result is None else result.with_name(result.name + PARTIAL)

    @property
    def own_checkpoint(self) -> str | None:
        """The checkpoint with an absolute path, for workers with another current folder; one of the Hub as it is."""
        if self.checkpoint is None or not Path(self.checkpoint).exists():
            return self.checkpoint
        return str(Path(self.checkpoint).resolve())
