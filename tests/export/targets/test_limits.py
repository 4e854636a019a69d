"""The numbers of the limits, compared with what the project promises."""

import pytest

from efficientmod_export._stages import Unit
from efficientmod_export.targets import find_target

from ..conftest import ALL_LIMITS


@pytest.mark.parametrize("target", ["executorch", "onnx", "tflite"])
def test_float32_is_held_to_a_ten_thousandth_of_the_range(target: str) -> None:
    places = [place for place in find_target(target).variant("fp32").places if place.compute_precision == "float32"]
    assert "cpu" in [place.unit for place in places]
    assert {place.limits.max_relative_error for place in places} == {1e-4}


@pytest.mark.parametrize("name", ALL_LIMITS)
def test_every_limit_can_fail_and_says_where_it_comes_from(name: str) -> None:
    limits = ALL_LIMITS[name]
    int8, palette = "int8" in name, "palette" in name
    most = 6e-2 if int8 else 1e-1 if palette else 1e-2
    assert 0 < limits.mean_relative_error < limits.max_relative_error <= most
    # A swap of a displacement d needs an error of d / 2, so that a larger limit would never be reached.
    assert 0 < limits.displacement < 2 * limits.max_relative_error
    assert (0.99 if int8 else 0.97 if palette else 0.999) < limits.cosine < 1
    assert limits.sqnr_db >= (22 if int8 else 16 if palette else 40)
    assert len(limits.origin.split()) > 10


@pytest.mark.parametrize("unit", ["cpu", "gpu"])
@pytest.mark.parametrize("target", ["coreml", "executorch-coreml"])
def test_half_precision_is_looser_than_single(target: str, unit: Unit) -> None:
    half, single = (
        next(place.limits for place in find_target(target).variant(precision).places if place.unit == unit)
        for precision in ("fp16", "fp32")
    )
    assert half.max_relative_error > single.max_relative_error


def test_float16_weights_are_looser_than_float32_and_tighter_than_float16_arithmetic() -> None:
    single, weights = (find_target("tflite").variant(precision).places[0].limits for precision in ("fp32", "fp16"))
    arithmetic = find_target("coreml").variant("fp16").places[0].limits
    assert single.max_relative_error < weights.max_relative_error < arithmetic.max_relative_error


@pytest.mark.parametrize("target", ["coreml", "executorch-coreml"])
def test_a_graph_is_held_tighter_than_any_file(target: str) -> None:
    """Rounding must not hide a wrong operator."""
    found = find_target(target)
    assert found.interpreter is not None
    graph = found.interpreter.graph_limits
    for place in (place for variant in found.variants for place in variant.places):
        assert graph.max_relative_error < place.limits.max_relative_error
        assert graph.sqnr_db > place.limits.sqnr_db
