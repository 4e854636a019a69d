"""A run of the app on a phone: what is asked of it, how it is followed, and the report that it leaves.

The protocol is in docs/phone_report.md; `_app_android` and `_app_ios` speak it.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from efficientmod_export._stages import ProgressReport
from efficientmod_export.report import read_report
from efficientmod_export.report.contract import PLANS, TIMED_STEPS, RunStatus
from efficientmod_mobile.errors import InputError

PACKAGE = "io.github.efficientmod.demo"
"""The app's package and bundle identifier."""


@dataclass(frozen=True)
class AppRun:
    """What the app is asked to do: a plan by its name, and configurations (all that the app can run, if empty)."""

    plan: str
    configs: tuple[str, ...] = ()
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        if self.plan not in PLANS:
            raise InputError(f"There is no plan {self.plan}; choose one of {', '.join(PLANS)}.", code="unknown_plan")

    def arguments(self, prefix: str, bundle: str, *, text: str) -> list[str]:
        """As words of a command: `prefix` stands before each name, and `text` before that where it is not empty."""
        values = {"run": self.run_id, "bundle": bundle, "plan": self.plan}
        if self.configs:
            values["configs"] = ",".join(self.configs)
        return [word for name, value in values.items() for word in (text, f"{prefix}{name}", value) if word]


@dataclass(frozen=True)
class Pace:
    """Seconds between two looks at the status, also during a timed step, and after which silence is a fault."""

    look_s: float = 2.0
    timed_look_s: float = 5.0
    silent_s: float = 60.0


def follow(
    run: AppRun,
    read_status: Callable[[], bytes | None],
    is_alive: Callable[[], bool],
    progress: ProgressReport,
    pace: Pace,
) -> None:
    """Wait until the app says that the report is there.

    `read_status` gives the content of the status file, or what else was found. Raises InputError where the run failed,
    the app has ended, or nothing new was heard for too long.
    """
    last: RunStatus | None = None
    heard = time.monotonic()
    while True:
        alive = is_alive()  # before the status, so that one that is written as the app ends is seen
        status = parse_status(run, read_status())
        if status is not None and status != last:
            last, heard = status, time.monotonic()
            progress(describe(status))
            if check_ended(status):
                return
        if not alive:
            raise _stopped("the app is not running any more", last)
        if time.monotonic() - heard > pace.silent_s:
            raise _stopped(f"nothing new for {pace.silent_s:.0f} s", last)
        timed = last is not None and last.step in TIMED_STEPS
        time.sleep(pace.timed_look_s if timed else pace.look_s)


def parse_status(run: AppRun, content: bytes | None) -> RunStatus | None:
    """The status of this run in a file's content or a line of output; None for anything else."""
    try:
        status = RunStatus.model_validate_json(content or b"", strict=True, extra="ignore")
    except ValidationError:
        return None
    return status if status.run_id == run.run_id else None


def check_ended(status: RunStatus) -> bool:
    """Whether the run is done. Raises InputError where it failed."""
    if status.state == "failed":
        raise InputError(f"The app did not finish ({status.code or 'no code'}): {status.text}", code="app_run_failed")
    return status.state == "done"


def describe(status: RunStatus) -> str:
    """For the line of progress."""
    config = f"{status.config}: " if status.config else ""
    return f"{status.fraction:.0%} {config}{status.step}"


def save_report(run: AppRun, manifest_sha256: str, content: bytes, output: Path | None) -> Path:
    """Write the report of this run and bundle to `output`, by default report-<run>.json in this folder.

    Raises InputError for what is no report or another one, which is then kept nowhere.
    """
    path = output or Path(f"report-{run.run_id[:8]}.json")
    try:
        unfinished = path.with_name(f"{path.name}.unfinished")
        unfinished.write_bytes(content)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}); name another file with --report.",
            code="unwritable_report",
        ) from error
    try:
        found = read_report(unfinished)
        if (found.run_id, found.bundle.manifest_sha256) != (run.run_id, manifest_sha256):
            raise InputError(
                f"The phone has a report of another run ({found.run_id}, of {found.started_at}); install the app's "
                f"present version and run again.",
                code="report_of_other_run",
            )
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _stopped(what: str, last: RunStatus | None) -> InputError:
    place = "before its first status" if last is None else f"at {describe(last)}: {last.text}"
    return InputError(
        f"The run ended early: {what} ({place}); look at the phone, keep the app in front, and run again.",
        code="app_stopped",
    )
