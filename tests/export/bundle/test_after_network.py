"""What follows the network, on the contract's cases."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from efficientmod_export.bundle import follow
from efficientmod_export.bundle.contract import Step

CASES = json.loads((Path(__file__).parents[2] / "vectors" / "after_network.json").read_text())


def values(case: dict[str, Any]) -> np.ndarray:
    stored = case["values"]
    return np.frombuffer(base64.b64decode(stored["base64"]), stored["dtype"]).reshape(stored["shape"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["step"])
def test_a_step_gives_what_the_case_says(case: dict[str, Any]) -> None:
    step = Step(step=case["step"], output="given", parameters=case["parameters"])
    made = follow([step], {"given": values(case)})["given"][case["step"]]
    if case["step"] == "softmax":
        np.testing.assert_allclose(made.ravel(), case["result"], rtol=1e-15)
    else:
        result = case["result"]
        expected = base64.b64decode(result["base64"]) if isinstance(result, dict) else result
        assert (made.tobytes() if isinstance(expected, bytes) else made.tolist()) == expected


def test_an_unknown_step_and_what_follows_it_are_not_done() -> None:
    steps = [Step(step=name, output="a", parameters={}) for name in ("softmax", "sharpen")]
    best = Step(step="top_k", output="a", parameters={"k": 1})
    assert set(follow([*steps, best], {"a": np.zeros((1, 3), np.float32)})["a"]) == {"softmax"}
