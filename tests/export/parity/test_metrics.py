"""The metrics: faults are detected, and the numbers are as defined."""

from collections.abc import Callable

import numpy as np
import pytest

from efficientmod_export._stages import Outputs
from efficientmod_export.parity import MeasuredWith, Verdict, compare, judge, reference_ranges

from ..conftest import ALL_LIMITS

RUNTIME = MeasuredWith(runtime="a runtime", version="1.0")


def references() -> list[Outputs]:
    """Two samples of a network with logits and a feature map, whose axes all differ."""
    rng = np.random.RandomState(3)
    return [
        (
            rng.standard_normal((1, 37)).astype(np.float32),
            rng.standard_normal((1, 6, 5, 4)).astype(np.float32),
        )
        for _ in range(2)
    ]


def verdict(results: list[Outputs], limits: str = "executorch on cpu in float32") -> Verdict:
    return judge(["one", "two"], references(), results, ALL_LIMITS[limits], RUNTIME)


def change(index: int, edit: Callable[[np.ndarray], np.ndarray]) -> list[Outputs]:
    """The references, with one output of the second sample edited."""
    first, second = references()
    outputs = list(second)
    outputs[index] = edit(outputs[index].copy())
    return [first, tuple(outputs)]


def put_nan(values: np.ndarray) -> np.ndarray:
    values.flat[7] = np.nan
    return values


def put_infinity(values: np.ndarray) -> np.ndarray:
    values.flat[7] = -np.inf
    return values


FAULTS = {
    "wrong second output": (1, lambda v: v + 0.6, "output 1: max_relative_error"),
    "shape": (
        1,
        lambda v: v[:, :, :, :-1],
        "two: output 1 has shape (1, 6, 5, 3) where the reference has (1, 6, 5, 4)",
    ),
    "NHWC for NCHW": (1, lambda v: v.transpose(0, 2, 3, 1), "two: output 1 has shape (1, 5, 4, 6)"),
    "dtype": (0, lambda v: v.astype(np.float16), "two: output 0 is float16 where the reference is float32"),
    "double": (0, lambda v: v.astype(np.float64), "two: output 0 is float64 where the reference is float32"),
    "NaN": (0, put_nan, "two: output 0 has 1 NaN or infinite values of 37"),
    "infinity": (1, put_infinity, "two: output 1 has 1 NaN or infinite values of 120"),
    "permuted channels": (1, lambda v: v[:, [0, 2, 1, 3, 4, 5]], "output 1: max_relative_error"),
    "permuted classes": (0, lambda v: v[:, ::-1].copy(), "output 0: max_relative_error"),
    "scaled by 2": (1, lambda v: 2 * v, "output 1: max_relative_error"),
    "transposed within its shape": (
        1,
        lambda v: v.transpose(0, 1, 3, 2).reshape(v.shape),
        "output 1: max_relative_error",
    ),
    "zeros": (0, np.zeros_like, "output 0: max_relative_error"),
}


@pytest.mark.parametrize("limits", ALL_LIMITS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_whatever_the_target(fault: str, limits: str) -> None:
    index, edit, reason = FAULTS[fault]
    result = verdict(change(index, edit), limits)
    assert result.outcome == "failed"
    assert any(one.startswith(reason) for one in result.reasons), result.reasons


@pytest.mark.parametrize("limits", ALL_LIMITS)
def test_equal_outputs_pass(limits: str) -> None:
    result = verdict(references(), limits)
    assert result.outcome == "passed"
    assert result.reasons == ()
    assert [worst.max_abs_error for worst in result.worst] == [0.0, 0.0]
    assert [worst.sqnr_db for worst in result.worst] == [200.0, 200.0]


def test_a_missing_and_a_surplus_output_fail() -> None:
    first, second = references()
    assert verdict([first, second[:1]]).reasons == ("two: 1 outputs where the reference has 2",)
    assert verdict([first, (*second, second[0])]).reasons == ("two: 3 outputs where the reference has 2",)


def test_outputs_in_another_order_fail() -> None:
    first, second = references()
    assert (
        "two: output 0 has shape (1, 6, 5, 4) where the reference has (1, 37)" in verdict([first, second[::-1]]).reasons
    )


def test_the_wrong_sample_fails() -> None:
    assert verdict(references()[::-1]).outcome == "failed"


def test_a_reference_with_nan_fails_only_its_sample() -> None:
    broken = change(0, put_nan)
    result = judge(["one", "two"], broken, references(), ALL_LIMITS["onnx on cpu in float32"], RUNTIME)
    assert result.reasons == ("two: the reference's output 0 has 1 NaN or infinite values of 37",)
    assert result.samples[0].outputs[0].range == pytest.approx(np.ptp(references()[0][0]))
    assert result.samples[1].outputs == ()


def test_the_numbers_are_those_defined() -> None:
    reference = (np.array([[1.0, -3.0, 5.0]], np.float32),)
    result = (np.array([[1.0, -2.0, 4.5]], np.float32),)
    metrics = compare(reference, result).outputs[0]
    assert metrics.range == 8.0
    assert metrics.max_abs_error == 1.0
    assert metrics.mean_abs_error == 0.5
    assert metrics.max_relative_error == 0.125
    assert metrics.mean_relative_error == 0.0625
    assert metrics.cosine == pytest.approx((1 + 6 + 22.5) / np.sqrt(35 * (1 + 4 + 20.25)), rel=1e-14)
    assert metrics.sqnr_db == pytest.approx(10 * np.log10(35 / 1.25), rel=1e-14)
    assert metrics.top1 is not None
    assert metrics.top1.margin == 0.5
    assert metrics.top5 is None  # of three classes


def test_ranges_are_over_all_samples() -> None:
    close = (np.array([[0.500, 0.501]], np.float32),)
    wide = (np.array([[-1.0, 3.0]], np.float32),)
    assert reference_ranges([close, wide]) == (4.0,)
    assert compare(close, close, (4.0,)).outputs[0].range == 4.0


@pytest.mark.parametrize(("value", "expected"), [(0.0, 1.0), (-2.5, 2.5)])
def test_a_constant_output_has_a_range(value: float, expected: float) -> None:
    constant = (np.full((1, 4), value, np.float32),)
    metrics = compare(constant, (constant[0] + np.float32(0.5),)).outputs[0]
    assert metrics.range == expected
    assert metrics.max_relative_error == 0.5 / expected


def test_cosine_and_sqnr_of_zeros() -> None:
    zeros, ones = (np.zeros((1, 3), np.float32),), (np.ones((1, 3), np.float32),)
    assert (compare(zeros, zeros).outputs[0].cosine, compare(zeros, zeros).outputs[0].sqnr_db) == (1.0, 200.0)
    assert (compare(zeros, ones).outputs[0].cosine, compare(zeros, ones).outputs[0].sqnr_db) == (0.0, -200.0)


def scores(**changed: float) -> Outputs:
    """Twelve classes: c0 = 10, c1 = 9, ... c11 = -1, with some changed."""
    values = np.arange(10.0, -2.0, -1.0, dtype=np.float32)
    for name, value in changed.items():
        values[int(name[1:])] = value
    return (values[np.newaxis],)


def test_a_near_tie_may_swap() -> None:
    tie = scores(c1=9.9999)
    swapped = scores(c0=9.9998, c1=9.99992)
    metrics = compare(tie, swapped).outputs[0]
    assert metrics.top1 is not None
    assert metrics.top5 is not None
    assert not metrics.top1.agrees
    assert metrics.top1.displacement == metrics.top1.margin == pytest.approx(1e-4 / 11, rel=1e-2)
    assert metrics.top5.agrees
    assert judge(["tie"], [tie], [swapped], ALL_LIMITS["tflite on cpu in float32"], RUNTIME).outcome == "passed"


def test_a_swap_of_distinct_classes_is_a_fault_even_within_the_error() -> None:
    """At float16's tolerance the error alone would pass; a swap of ranks 1 and 2 that is not a near-tie does not."""
    reference, result = scores(c1=9.92), scores(c0=9.93, c1=9.98)
    outcome = judge(["swap"], [reference], [result], ALL_LIMITS["coreml on neural_engine in float16"], RUNTIME)
    assert outcome.worst[0].max_relative_error < ALL_LIMITS["coreml on neural_engine in float16"].max_relative_error
    assert any("top1 differs by 7.27e-03 of the range" in reason for reason in outcome.reasons)


def test_top5_is_a_set_and_its_displacement_is_the_widest() -> None:
    near = scores(c5=5.9999)  # ranks 5 and 6 nearly tie
    assert compare(near, scores(c3=5.5, c4=7.5)).outputs[0].top5 is not None
    within = compare(near, scores(c2=7.0, c3=8.0, c5=5.9999)).outputs[0].top5
    assert within is not None
    assert within.agrees
    far = compare(near, scores(c4=-2.0, c11=6.5, c5=5.9999)).outputs[0].top5
    assert far is not None
    assert not far.agrees
    assert far.margin == pytest.approx(1e-4 / 11, rel=1e-2)
    assert far.displacement == pytest.approx((6.0 - -1.0) / 11)  # class 4 fell out, class 11 came in


def test_exact_ties_in_the_reference_cost_nothing() -> None:
    tied = compare(scores(c1=10.0), scores(c0=9.0, c1=10.0)).outputs[0].top1
    assert tied is not None
    assert tied.displacement == 0.0


def test_the_worst_row_of_a_batch_counts() -> None:
    reference = (np.concatenate([scores()[0], scores()[0]]),)
    result = (np.concatenate([scores()[0], scores(c0=0.0)[0]]),)
    top1 = compare(reference, result).outputs[0].top1
    assert top1 is not None
    assert not top1.agrees
    assert top1.displacement == pytest.approx(1 / 11)
