"""Networks on software GPUs, from their names to a proof in each arithmetic."""

from pathlib import Path

import pytest

from efficientmod_export import export
from efficientmod_export._vulkan import DRIVERS, installed
from efficientmod_export.bundle.contract import open_bundle
from efficientmod_mobile import list_models

pytestmark = pytest.mark.skipif(
    not all(map(installed, DRIVERS)), reason="a driver is not installed; run .ci/install_vulkan"
)
PLACES = ["cpu float32", "gpu float32", "gpu float16"]


def outcomes(model: str, folder: Path) -> dict[str, tuple[str, float]]:
    """By unit and arithmetic: the outcome, and the largest error."""
    export(model, targets=("tflite",), output=folder / "out").raise_for_failure()
    (evidence,) = open_bundle(folder / "out").evidence().artifacts
    return {
        f"{check.unit} {check.compute_precision}": (
            check.verdict.outcome,
            max(one.max_relative_error for one in check.verdict.worst),
        )
        for check in evidence.checks
    }


@pytest.mark.slow
@pytest.mark.parametrize("model", list_models())
def test_efficientmod_in_both_precisions(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VK_ICD_FILENAMES")
    found = outcomes(model, tmp_path)
    assert [(place, outcome) for place, (outcome, _) in found.items()] == [(place, "passed") for place in PLACES]
    assert found["gpu float32"][1] < 1e-5
    assert found["gpu float16"][1] < 1e-2
