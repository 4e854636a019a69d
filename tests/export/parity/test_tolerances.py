"""The table's numbers, held to what the project promises."""

import pytest

from efficientmod_export.parity import TOLERANCES


@pytest.mark.parametrize("target", ["executorch", "onnx", "tflite"])
def test_float32_is_held_to_a_ten_thousandth_of_the_range(target: str) -> None:
    assert TOLERANCES[target, "fp32"].max_relative_error == 1e-4


@pytest.mark.parametrize("key", sorted(TOLERANCES), ids="-".join)
def test_every_limit_can_fail_and_says_where_it_comes_from(key: tuple[str, str]) -> None:
    tolerance = TOLERANCES[key]
    assert 0 < tolerance.mean_relative_error < tolerance.max_relative_error <= 1e-2
    # A swap of a displacement d needs an error of d / 2, so that a larger limit would never be reached.
    assert 0 < tolerance.displacement < 2 * tolerance.max_relative_error
    assert 0.999 < tolerance.cosine < 1
    assert tolerance.sqnr_db >= 40
    assert tolerance.origin


def test_half_precision_is_looser_than_single() -> None:
    for target in ("coreml", "executorch-coreml", "tflite"):
        assert TOLERANCES[target, "fp16"].max_relative_error > TOLERANCES[target, "fp32"].max_relative_error
