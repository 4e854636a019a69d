"""The verdict: the effect of each limit, what is recorded, and how a runtime's errors are reported."""

import numpy as np
import pytest
from pydantic import ValidationError

from efficientmod_export._prove import Held, parity_failure
from efficientmod_export._stages import Outputs, Precision, Sample, SampleInput
from efficientmod_export.bundle.contract import Check
from efficientmod_export.bundle.contract._evidence import Gate
from efficientmod_export.parity import (
    MeasuredWith,
    Tolerance,
    Verdict,
    judge,
    measure,
    not_run_here,
)
from efficientmod_export.targets import find_target
from efficientmod_mobile.errors import DependencyError

from ...raising import refused
from ..conftest import ALL_LIMITS

RUNTIME = MeasuredWith(runtime="a runtime", version="1.0")
LOOSE = Tolerance(
    max_relative_error=10, mean_relative_error=10, cosine=-1, sqnr_db=-200, displacement=10, origin="accepts all"
)
REFERENCE: Outputs = (np.arange(40, dtype=np.float32)[np.newaxis] / 40,)
RESULT: Outputs = (REFERENCE[0][:, ::-1].copy(),)


def sample(name: str) -> Sample:
    picture = np.zeros((2, 3, 3), np.uint8)
    return Sample(name, "noise", (SampleInput(np.zeros((1, 3, 2, 3), np.float32), picture, picture),))


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("max_relative_error", 0.5, "output 0: max_relative_error 1.00e+00 is over 5.0e-01 on only"),
        ("mean_relative_error", 0.1, "output 0: mean_relative_error 5.13e-01 is over 1.0e-01 on only"),
        ("cosine", 0.9, "output 0: cosine 0.4810127 is under 0.9 on only"),
        ("sqnr_db", 20.0, "output 0: SQNR -0.2 dB is under 20.0 dB on only"),
        ("displacement", 0.25, "output 0: top1 differs by 1.00e+00 of the range, over 2.5e-01 on only"),
    ],
)
def test_each_limit_alone_fails(limit: str, value: float, reason: str) -> None:
    assert judge(["only"], [REFERENCE], [RESULT], LOOSE, RUNTIME).outcome == "passed"
    result = judge(["only"], [REFERENCE], [RESULT], LOOSE.model_copy(update={limit: value}), RUNTIME)
    assert result.failed
    assert result.reasons[0] == reason


def test_one_reason_stands_for_all_samples() -> None:
    tight = LOOSE.model_copy(update={"max_relative_error": 0.5})
    result = judge(["a", "b", "c"], [REFERENCE] * 3, [REFERENCE, RESULT, RESULT], tight, RUNTIME)
    assert result.reasons == ("output 0: max_relative_error 1.00e+00 is over 5.0e-01 on b and beyond it on 1 more",)


def test_worst_is_taken_number_by_number() -> None:
    small = (REFERENCE[0] + np.float32(0.01),)
    result = judge(["a", "b"], [REFERENCE] * 2, [small, REFERENCE], LOOSE, RUNTIME)
    (worst,), (a, b) = result.worst, (one.outputs[0] for one in result.samples)
    assert worst.max_abs_error == a.max_abs_error > b.max_abs_error
    assert worst.sqnr_db == a.sqnr_db < b.sqnr_db
    assert worst.cosine == a.cosine < b.cosine


def test_measure_runs_every_sample_and_names_the_runtime() -> None:
    seen = []

    def runner(one: Sample) -> Outputs:
        seen.append(one.name)
        return REFERENCE

    result = measure([sample("a"), sample("b")], [REFERENCE] * 2, runner, ALL_LIMITS["onnx on cpu in float32"], RUNTIME)
    assert seen == ["a", "b"]
    assert result.outcome == "passed"
    assert result.measured_with == RUNTIME


def test_a_runtime_that_refuses_a_sample_fails_the_artifact() -> None:
    def runner(one: Sample) -> Outputs:
        if one.name == "b":
            raise RuntimeError("no kernel for erf")
        return REFERENCE

    result = measure([sample("a"), sample("b")], [REFERENCE] * 2, runner, ALL_LIMITS["onnx on cpu in float32"], RUNTIME)
    assert result.reasons == ("b: the runtime refused it (RuntimeError: no kernel for erf)",)
    assert len(result.worst) == 1


def test_a_missing_package_is_no_verdict() -> None:
    def runner(one: Sample) -> Outputs:
        raise DependencyError("onnxruntime is missing", code="missing_package")

    with refused(DependencyError, "missing_package"):
        measure([sample("a")], [REFERENCE], runner, ALL_LIMITS["onnx on cpu in float32"], RUNTIME)


def test_an_artifact_that_failed_everywhere_still_has_a_verdict() -> None:
    result = judge(["a"], [REFERENCE], ["refused"], LOOSE, RUNTIME)
    assert (result.outcome, result.worst) == ("failed", ())


def test_not_run_here_is_no_pass() -> None:
    verdict = not_run_here(ALL_LIMITS["coreml on neural_engine in float16"], "Core ML runs on macOS and iOS only")
    assert verdict.outcome == "not run here"
    assert not verdict.failed
    assert verdict.reasons == ("Core ML runs on macOS and iOS only",)
    assert verdict.measured_with is None


def test_no_samples_prove_nothing() -> None:
    with pytest.raises(ValueError, match="without samples"):
        judge([], [], [], LOOSE, RUNTIME)


def test_as_many_results_as_samples() -> None:
    with pytest.raises(ValueError, match="zip"):
        judge(["a", "b"], [REFERENCE] * 2, [REFERENCE], LOOSE, RUNTIME)


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "passed", "reasons": ["but"]},
        {"outcome": "failed", "reasons": []},
        {"outcome": "not run here", "reasons": ["no runtime"]},
        {"measured_with": None},
        {"samples": []},
        {"extra": 1},
    ],
)
def test_a_verdict_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    good = judge(["a"], [REFERENCE], [REFERENCE], LOOSE, RUNTIME).model_dump(mode="json")
    assert Verdict.model_validate(good).outcome == "passed"
    with pytest.raises(ValidationError):
        Verdict.model_validate({**good, **change})


def test_a_verdict_cannot_be_changed() -> None:
    verdict = judge(["a"], [REFERENCE], [REFERENCE], LOOSE, RUNTIME)
    with pytest.raises(ValidationError):
        verdict.outcome = "failed"


def test_a_fault_of_several_samples_is_told_once() -> None:
    verdict = judge(["one", "two"], [REFERENCE] * 2, ["no kernel", "no kernel"], LOOSE, RUNTIME)
    assert verdict.reasons == ("one, two: no kernel",)


def test_each_output_is_held_to_its_own_limits() -> None:
    """A noisy output does not widen the limits of another one."""
    tight = LOOSE.model_copy(update={"max_relative_error": 0.5})
    references, own = [REFERENCE * 2], (LOOSE, tight)
    assert judge(["only"], references, [(*RESULT, *REFERENCE)], LOOSE, RUNTIME, own).outcome == "passed"
    failed = judge(["only"], references, [(*REFERENCE, *RESULT)], LOOSE, RUNTIME, own)
    assert failed.reasons == ("output 1: max_relative_error 1.00e+00 is over 5.0e-01 on only",)
    assert failed.tolerance == LOOSE


def test_limits_follow_from_the_noise_of_each_output() -> None:
    noise = judge(["only"], [REFERENCE * 2], [(*RESULT, *REFERENCE)], LOOSE, RUNTIME).worst
    held = Held((sample("only"),), (REFERENCE * 2,), {"float32": noise})
    tight = LOOSE.model_copy(update={"max_relative_error": 0.5})
    assert held.limits(tight, "float32").max_relative_error == 3.0
    assert [one.max_relative_error for one in held.limits_of_each(tight, "float32")] == [3.0, 0.5]
    assert held.limits_of_each(tight, "float16") == ()


def check_of(gate: Gate, unit: str | None, precision: str, result: Outputs) -> Check:
    tight = LOOSE.model_copy(update={"max_relative_error": 0.5})
    verdict = judge(["only"], [REFERENCE], [result], tight, RUNTIME)
    return Check(gate=gate, unit=unit, compute_precision=precision, threads=None, verdict=verdict)


@pytest.mark.parametrize(
    ("target", "precision", "failed", "code", "says"),
    [
        ("tflite", "fp16", ("runtime", "cpu", "float32"), "precision_loss", "Try --precision fp32."),
        ("tflite", "fp16", ("graph", None, "float32"), "wrong_result", "does not compute what PyTorch computes"),
        ("tflite", "fp32", ("runtime", "gpu", "float16"), "precision_loss", "The same file in float32 on that unit"),
        ("tflite", "fp32", ("runtime", "cpu", "float32"), "wrong_result", "does not compute what PyTorch computes"),
        ("coreml", "fp16", ("numerics", None, "float16"), "precision_loss", "Try --precision fp32."),
        ("coreml", "fp16", ("replay", None, "float32"), "wrong_result", "does not compute what PyTorch computes"),
    ],
)
def test_what_failed_depends_on_the_gate(
    target: str, precision: Precision, failed: tuple[Gate, str | None, str], code: str, says: str
) -> None:
    variant = find_target(target).variant(precision)
    sound = check_of("runtime", "cpu", "float32", REFERENCE)
    failure = parity_failure(variant, (sound, check_of(*failed, RESULT)))
    assert failure is not None
    assert failure.code == code
    assert says in str(failure)
    assert parity_failure(variant, (sound,)) is None
