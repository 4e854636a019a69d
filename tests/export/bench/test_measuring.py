"""The code that benchmarks share with the bench: separate processes, stored results, tables."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic_core import PydanticSerializationError

from efficientmod_export.bench.measuring import Ended, Notes, markdown_table, run_apart, versions


@dataclass(frozen=True)
class Part:
    name: str
    rounds: tuple[float, ...]


@dataclass(frozen=True)
class Result:
    network: str
    resolution: tuple[int, int]
    error: float
    parts: tuple[Part, ...]
    by_name: dict[str, Part]


def python(code: str, limit: float | None = None, folder: Path | None = None) -> Ended:
    return run_apart([sys.executable, "-c", code], limit=limit, folder=folder)


def test_what_a_process_prints(tmp_path: Path) -> None:
    assert python("import os; print(os.getcwd())", folder=tmp_path) == Ended(f"{tmp_path.resolve()}\n", None)


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("raise ValueError('no such axis')", "ValueError: no such axis"),
        ("print('ERROR: it says it here'); raise SystemExit(1)", "ERROR: it says it here"),
        ("raise SystemExit(3)", "exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    ],
    ids=["an error", "an error on standard output", "silence", "a signal"],
)
def test_why_a_process_failed(code: str, failure: str) -> None:
    assert python(code).failure == failure


def test_a_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    ended = python("import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)", 3.0, tmp_path)
    assert ended == Ended("", "not done after 3 s")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_process_imports_what_this_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "users_module.py").write_text("")
    code = "import users_module"
    assert python(code).failure == "ModuleNotFoundError: No module named 'users_module'"
    monkeypatch.syspath_prepend(tmp_path)
    assert python(code).failure is None
    assert run_apart([sys.executable, "-E", "-c", code]).failure is not None


def test_stored_results_are_read_back(tmp_path: Path) -> None:
    part = Part("ours", (1.5, 2.0))
    result = Result("timm/resnet18", (224, 192), float("inf"), (part, part), {"ours": part})
    notes = Notes(tmp_path / "new" / "folder", Result)
    assert notes.read("timm/resnet18") is None
    notes.write("timm/resnet18", result)
    assert Notes(tmp_path / "new" / "folder", Result).read("timm/resnet18") == result
    assert notes.read("timm/resnet34") is None
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 1


def test_notes_of_another_kind_are_an_error(tmp_path: Path) -> None:
    Notes(tmp_path, Part).write("resnet18", Part("ours", (1.0,)))
    with pytest.raises(ValueError, match="network"):
        Notes(tmp_path, Result).read("resnet18")


def test_a_note_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    notes = Notes(tmp_path, Part)
    notes.write("resnet18", Part("ours", (1.0,)))
    with pytest.raises(PydanticSerializationError):
        notes.write("resnet18", Part("ours", (object(),)))  # type: ignore[arg-type]
    assert notes.read("resnet18") == Part("ours", (1.0,))


def test_a_table() -> None:
    rows = [["a", "1"], ["b", "2"]]
    assert list(markdown_table(["name", "ms"], rows)) == ["| name | ms |", "|---|---|", "| a | 1 |", "| b | 2 |"]


def test_versions_are_those_that_are_installed() -> None:
    import numpy

    assert versions("numpy") == f"numpy {numpy.__version__}"
    assert versions("numpy", "pytest") == f"numpy {numpy.__version__}, pytest {pytest.__version__}"
