"""The benchmarks use what the packages offer, and start; what many of them share keeps its results."""

import ast
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
SCRIPTS = sorted(path.name for path in BENCHMARKS.glob("[!_]*.py"))

PACKAGES = ("efficientmod_mobile", "efficientmod_export")

TOY = """
'''A benchmark of nothing.'''
import os
from dataclasses import dataclass
from pathlib import Path

from _each_network import Benchmark
from efficientmod_mobile.errors import ConversionError


@dataclass(frozen=True)
class Result:
    network: str
    refusal: str | None = None
    shape: tuple[int, ...] = ()


def examine(network, folder):
    print("printed where nobody looks")
    with Path("examined.txt").open("a") as log:
        log.write(f"{network}\\n")
    if network == "crashes":
        os._exit(3)
    if network == "refused":
        raise ConversionError("no such operator", code="conversion_failed")
    return Result(network, shape=(3, 5))


Benchmark(
    script=Path(__file__), description=__doc__, networks=("whole", "refused", "crashes"), kind=Result, examine=examine,
    refused=Result, page=lambda results, command: f"{command}: {results}", line=str, limit=300.0,
).main()
"""


@pytest.fixture
def scripts_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The scripts' own modules are found, and forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(BENCHMARKS):
            del sys.modules[name]


def start(script: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> object:
    """The exit code of a script."""
    monkeypatch.setattr(sys, "argv", [script.name, *arguments])
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as ended:
        return ended.code
    return 0


def private_imports(source: str) -> list[str]:
    """What is imported of the packages that is private: some part of its path begins with an underscore."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    parts = [name.split(".") for name in found]
    return [".".join(name) for name in parts if name[0] in PACKAGES and any(part[:1] == "_" for part in name)]


@pytest.mark.parametrize(
    "line",
    [
        "from efficientmod_mobile.deploy import _proof",
        "import efficientmod_export.bench._turns",
        "def late():\n    from efficientmod_export.bench._turns import take_turns",
    ],
)
def test_a_private_import_is_found(line: str) -> None:
    assert len(private_imports(f"from _networks import OTHERS\nimport efficientmod_mobile\n{line}\n")) == 1


@pytest.mark.parametrize("path", sorted(BENCHMARKS.glob("*.py")), ids=lambda path: path.name)
def test_benchmarks_use_the_public_face(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert private_imports(source) == []


@pytest.mark.usefixtures("scripts_alone")
@pytest.mark.parametrize("name", SCRIPTS)
def test_help(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(BENCHMARKS / name, "--help", monkeypatch=monkeypatch) == 0
    assert f"usage: {name}" in capsys.readouterr().out


@pytest.mark.usefixtures("scripts_alone")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "give --onnx2tf or --litert-torch"),
        (("--onnx2tf", "no/python"), "no/python cannot be run: No such file"),
        (("--litert-torch", sys.executable), "does not have litert-torch"),
    ],
    ids=["none", "no interpreter", "not installed there"],
)
def test_rivals_are_the_users(
    arguments: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(BENCHMARKS / "tflite_rivals.py", *arguments, monkeypatch=monkeypatch) == 2
    assert told in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.usefixtures("scripts_alone")
def test_results_are_kept_and_a_crash_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, page, log = tmp_path / "toy.py", tmp_path / "page.md", tmp_path / "examined.txt"
    script.write_text(TOY)
    monkeypatch.chdir(tmp_path)

    def run(*networks: str) -> str:
        assert start(script, *networks, "--keep", "kept", "--output", str(page), monkeypatch=monkeypatch) == 0
        return page.read_text()

    whole = "Result(network='whole', refusal=None, shape=(3, 5))"
    refused = "Result(network='refused', refusal='no such operator', shape=())"
    crashed = "Result(network='crashes', refusal='exit code 3', shape=())"
    assert run() == f"python benchmarks/toy.py: [{whole}, {refused}, {crashed}]"
    assert log.read_text().split() == ["whole", "refused", "crashes"]
    assert run("crashes", "whole") == f"python benchmarks/toy.py crashes whole: [{crashed}, {whole}]"
    assert log.read_text().split() == ["whole", "refused", "crashes", "crashes"]
