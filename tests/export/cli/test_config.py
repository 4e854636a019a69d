"""Options that stand in a file of the current folder."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from .terminal import in_pipe, program

Command = Callable[..., Result]


def export(*arguments: str) -> tuple[int, dict[str, str]]:
    """How an export ends that a wrong model stops, and its error."""
    ended = in_pipe(*program("efficientmod"), "export", *arguments, "--json")
    return ended.returncode, json.loads(ended.stdout)["error"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("efficientmod.toml", '[export]\ntarget = ["onnx"]\nmodel = "from_file"\nresolution = 96\n'),
        ("pyproject.toml", '[tool.efficientmod.export]\nmodel = "from_file"\n'),
    ],
)
def test_its_options_hold_until_others_are_typed(efficientmod: Command, file: str, text: str) -> None:
    Path(file).write_text(text)
    assert "'from_file'" in efficientmod("export").stderr
    assert "'typed'" in efficientmod("export", "--model", "typed").stderr


def test_options_are_of_the_kind_that_the_command_line_takes(efficientmod: Command) -> None:
    Path("efficientmod.toml").write_text('[export]\nmodel = "efficientmod_s"\nresolution = "x"\n')
    assert "'x' is not a resolution" in efficientmod("export").stderr
    Path("efficientmod.toml").write_text('[export]\nmodel = "efficientmod_s"\nresolution = 9999\n')
    assert "9999 is too large" in efficientmod("export").stderr
    Path("efficientmod.toml").write_text('[export]\nkeep-onnx = "perhaps"\n')
    assert export()[1]["code"] == "wrong_arguments"


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ('[export]\nmodle = "x"\n', "unknown_config_key", "use model."),
        ('[exprot]\nmodel = "x"\n', "unknown_config_key", "use export."),
        ('model = "x"\n', "unknown_config_key", "'model'"),
        ("export = 1\n", "invalid_config", "[export]"),
        ("[export\n", "invalid_config", "efficientmod.toml is not TOML"),
    ],
)
def test_what_is_wrong_in_it_is_an_error(text: str, code: str, named: str) -> None:
    Path("efficientmod.toml").write_text(text)
    ended, error = export("--model", "typed")
    assert (ended, error["code"]) == (2, code)
    assert named in error["message"]


def test_another_projects_settings_are_not_read(efficientmod: Command) -> None:
    Path("pyproject.toml").write_text('[tool.other]\nmodle = "x"\n')
    assert "There is no model 'typed'" in efficientmod("export", "--model", "typed").stderr


def test_help_needs_no_sound_file() -> None:
    Path("efficientmod.toml").write_text("[export\n")
    assert in_pipe(*program("efficientmod"), "--help").returncode == 0
