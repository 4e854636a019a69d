"""The script of the macOS workflow reads what `efficientmod verify --json` prints."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "macos.yml"


def test_the_script_accepts_what_the_runtime_proved_and_nothing_else(
    efficientmod: Callable[..., Result], tiny_model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["prove"]["steps"]
    (script,) = [step["run"] for step in steps if step.get("shell") == "python"]
    made = efficientmod("export", "--model", tiny_model, "--target", "onnx", "--output", "out", "--quiet")
    assert made.exit_code == 0, made.output
    told = efficientmod("verify", "out", "--json").stdout
    Path("verify.json").write_text(told)
    exec(compile(script, "macos.yml", "exec"), {})
    assert capsys.readouterr().out.startswith("onnx cpu float32 passed\n")
    assert told.count('"passed"') == 1
    Path("verify.json").write_text(json.dumps(json.loads(told.replace('"passed"', '"not run here"'))))
    with pytest.raises(AssertionError):
        exec(compile(script, "macos.yml", "exec"), {})
