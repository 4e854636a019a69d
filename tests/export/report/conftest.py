"""The vectors' reports, and changes of them, in files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[2] / "vectors"

WriteReport = Callable[..., Path]


@pytest.fixture
def report_file(tmp_path: Path) -> WriteReport:
    """Write one of the vectors' reports: `report_file("android", "name.json", change)`; `change` edits it in place."""

    def write(which: str, name: str, change: Callable[[Any], None] = lambda _: None) -> Path:
        document = json.loads((VECTORS / "reports" / f"{which}.json").read_bytes())
        change(document)
        (tmp_path / name).write_text(json.dumps(document))
        return tmp_path / name

    return write


def measured_three_times_as_long(document: Any) -> None:
    """The second configuration is measured in the same way as the first, with times three times as long."""
    first, second = document["configs"][:2]
    second.update(state="measured", reason=None, replay=first["replay"], waits=first["waits"])
    second["phases"] = json.loads(json.dumps(first["phases"]))
    for phase in second["phases"]:
        phase["run_ns"] = [3 * value for value in phase["run_ns"]]
        for index in range(1, len(phase["start_ns"])):
            phase["start_ns"][index] *= 3
        scale(phase["statistics"], 3)
    second["latency"] = json.loads(json.dumps(first["latency"]))
    scale(second["latency"], 3)


def scale(statistics: Any, factor: float) -> None:
    for name, value in statistics.items():
        if name.endswith("_ms") and value is not None:
            statistics[name] = factor * value
