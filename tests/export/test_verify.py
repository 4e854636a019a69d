"""A bundle proven again: what cannot be proven is never shown as proven."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Command = Callable[..., Result]


@pytest.fixture
def bundle(efficientmod: Command, tiny_model: str) -> Path:
    made = efficientmod("export", "--model", tiny_model, "--target", "onnx", "--output", "out", "--quiet")
    assert made.exit_code == 0, made.output
    return Path("out")


def test_a_file_that_cannot_be_loaded_is_not_proven(efficientmod: Command, bundle: Path) -> None:
    model = bundle / "model.onnx"
    model.write_bytes(model.read_bytes()[:1000])
    shown = efficientmod("verify", bundle)
    assert shown.exit_code != 0
    assert "not proven" in shown.stdout
    assert "passed" not in shown.stdout
    (target,) = json.loads(efficientmod("verify", bundle, "--json").stdout)["targets"]
    assert (target["artifact"], target["failure"]["kind"]) == (None, "ConversionError")
