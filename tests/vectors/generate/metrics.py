"""`metrics.json`: how far results are from references, and the verdict; by the definitions, in plain Python."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from tests.vectors.generate.files import array, write_cases

CAP_DB = 200.0
TOLERANCE = {
    "max_relative_error": 1e-2,
    "mean_relative_error": 5e-3,
    "cosine": 0.999,
    "sqnr_db": 40.0,
    "displacement": 1e-3,
}

Sample = list[np.ndarray]


def write(folder: Path) -> None:
    """Write the family's files."""
    write_cases(folder / "metrics.json", [case(name, *given) for name, given in _cases().items()])


def case(name: str, references: list[Sample], results: list[Sample], tolerance: dict[str, float]) -> dict[str, Any]:
    """A case with what a reader must find."""
    ranges = [
        _range([value for sample in references for value in _floats(sample[i])]) for i in range(len(references[0]))
    ]
    samples = [_sample(*pair, ranges) for pair in zip(references, results, strict=True)]
    measured = [sample["outputs"] for sample in samples if sample["outputs"]]
    worst = [_worst(list(several)) for several in zip(*measured, strict=True)]
    faults = any(sample["faults"] for sample in samples)
    violations = sorted({pair for outputs in measured for metrics in outputs for pair in _beyond(metrics, tolerance)})
    return {
        "name": name,
        "tolerance": tolerance,
        "references": [[array(output) for output in sample] for sample in references],
        "results": [[array(output) for output in sample] for sample in results],
        "samples": samples,
        "worst": worst,
        "violations": [{"output": output, "quantity": quantity} for output, quantity in violations],
        "outcome": "failed" if faults or violations else "passed",
    }


def _floats(output: np.ndarray) -> list[float]:
    return [float(value) for value in output.ravel().tolist()]


def _range(values: list[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return 1.0
    return (max(finite) - min(finite)) or max(map(abs, finite)) or 1.0


def _sample(reference: Sample, result: Sample, ranges: list[float]) -> dict[str, Any]:
    faults = _faults(reference, result)
    if faults:
        return {"outputs": [], "faults": faults}
    pairs = enumerate(zip(reference, result, ranges, strict=True))
    return {"outputs": [_metrics(index, *given) for index, given in pairs], "faults": []}


def _faults(reference: Sample, result: Sample) -> list[dict[str, Any]]:
    if len(reference) != len(result):
        return [{"output": None, "fault": "output_count"}]
    found = [(index, _fault(*pair)) for index, pair in enumerate(zip(reference, result, strict=True))]
    return [{"output": index, "fault": fault} for index, fault in found if fault]


def _fault(reference: np.ndarray, result: np.ndarray) -> str | None:
    if result.shape != reference.shape:
        return "shape"
    if result.dtype != reference.dtype:
        return "dtype"
    if not all(map(math.isfinite, _floats(reference))):
        return "reference_not_finite"
    return None if all(map(math.isfinite, _floats(result))) else "not_finite"


def _metrics(index: int, reference: np.ndarray, result: np.ndarray, scale: float) -> dict[str, Any]:
    r, y = _floats(reference), _floats(result)
    errors = [abs(b - a) for a, b in zip(r, y, strict=True)]
    largest, mean = max(errors), math.fsum(errors) / len(errors)
    return {
        "output": index,
        "range": scale,
        "max_abs_error": largest,
        "mean_abs_error": mean,
        "max_relative_error": largest / scale,
        "mean_relative_error": mean / scale,
        "cosine": _cosine(r, y),
        "sqnr_db": _sqnr(r, errors),
        "top1": _agreement(reference, result, 1, scale),
        "top5": _agreement(reference, result, 5, scale),
    }


def _cosine(r: list[float], y: list[float]) -> float:
    norms = math.sqrt(math.fsum(a * a for a in r)) * math.sqrt(math.fsum(b * b for b in y))
    if norms == 0.0:
        return 1.0 if r == y else 0.0
    return min(1.0, math.fsum(a * b for a, b in zip(r, y, strict=True)) / norms)


def _sqnr(r: list[float], errors: list[float]) -> float:
    signal, noise = math.fsum(a * a for a in r), math.fsum(e * e for e in errors)
    if noise == 0.0:
        return CAP_DB
    return -CAP_DB if signal == 0.0 else max(-CAP_DB, min(CAP_DB, 10.0 * math.log10(signal / noise)))


def _agreement(reference: np.ndarray, result: np.ndarray, k: int, scale: float) -> dict[str, Any] | None:
    if reference.ndim != 2 or reference.shape[1] <= k:
        return None
    rows = [_row(_floats(r), _floats(y), k, scale) for r, y in zip(reference, result, strict=True)]
    return _worst_agreement(rows)


def _row(r: list[float], y: list[float], k: int, scale: float) -> dict[str, Any]:
    """Of equal scores the lower index is the better one."""
    best = sorted(range(len(r)), key=lambda index: (-r[index], index))
    found = set(sorted(range(len(y)), key=lambda index: (-y[index], index))[:k])
    lost, gained = set(best[:k]) - found, found - set(best[:k])
    displacement = max(r[index] for index in lost) - min(r[index] for index in gained) if lost else 0.0
    margin = r[best[k - 1]] - r[best[k]]
    return {"agrees": not lost, "margin": margin / scale, "displacement": displacement / scale}


def _worst_agreement(several: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "agrees": all(one["agrees"] for one in several),
        "margin": min(one["margin"] for one in several),
        "displacement": max(one["displacement"] for one in several),
    }


def _worst(several: list[dict[str, Any]]) -> dict[str, Any]:
    least = ("range", "cosine", "sqnr_db")
    worst: dict[str, Any] = {"output": several[0]["output"]}
    for name in several[0]:
        if name in ("top1", "top5"):
            worst[name] = _worst_agreement([one[name] for one in several]) if several[0][name] else None
        elif name != "output":
            worst[name] = (min if name in least else max)(one[name] for one in several)
    return worst


def _beyond(metrics: dict[str, Any], tolerance: dict[str, float]) -> list[tuple[int, str]]:
    """A value that equals its limit passes."""
    over = [name for name in ("max_relative_error", "mean_relative_error") if metrics[name] > tolerance[name]]
    under = [name for name in ("cosine", "sqnr_db") if metrics[name] < tolerance[name]]
    moved = [k for k in ("top1", "top5") if metrics[k] and metrics[k]["displacement"] > tolerance["displacement"]]
    return [(metrics["output"], name) for name in (*over, *under, *moved)]


def _noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.RandomState(seed).standard_normal(shape).astype(np.float32)


def _scores(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def _cases() -> dict[str, tuple[list[Sample], list[Sample], dict[str, float]]]:
    scores, maps = _noise(0, 1, 9), _noise(1, 1, 3, 4, 5)
    near, far = (scores + _noise(2, 1, 9) * np.float32(scale) for scale in (1e-4, 1e-1))
    loud = scores * np.float32(50)
    spoiled = scores.copy()
    spoiled[0, 4] = np.nan
    endless = scores.copy()
    endless[0, 0] = np.inf
    eighths = _scores([0.0, 0.25, 0.5, 1.0])
    at_limit = {**TOLERANCE, "max_relative_error": 2.0**-7, "mean_relative_error": 1.0, "cosine": 0.0, "sqnr_db": 0.0}
    tie = _scores([3.0, 7.0, 7.0, 1.0, 0.0, -1.0, -2.0])
    swapped = _scores([3.0, 7.0, 7.000001, 1.0, 0.0, -1.0, -2.0])
    turned = _scores([3.0, 5.0, 7.0, 1.0, 0.0, -1.0, -2.0])
    sixth = _scores([6.0, 5.0, 4.0, 3.0, 2.0, 1.99, 0.0])
    fifth = _scores([6.0, 5.0, 4.0, 3.0, 1.99, 2.0, 0.0])
    two_rows = np.concatenate([scores, -scores])
    integers = np.array([[[1, 2], [3, 4]]], np.int64)
    flags = np.array([[True, False, True]])
    return {
        "equal": ([[scores]], [[scores]], TOLERANCE),
        "near": ([[scores]], [[near]], TOLERANCE),
        "far": ([[scores]], [[far]], TOLERANCE),
        "twice_as_large": ([[maps]], [[maps * np.float32(2)]], TOLERANCE),
        "channels_reversed": ([[maps]], [[np.ascontiguousarray(maps[:, ::-1])]], TOLERANCE),
        "two_outputs_the_second_wrong": ([[scores, maps]], [[near, -maps]], TOLERANCE),
        "range_over_all_samples": ([[scores], [loud]], [[near], [loud]], TOLERANCE),
        "worst_of_two_samples": ([[scores], [-scores]], [[near], [-far]], TOLERANCE),
        "two_rows": ([[two_rows]], [[np.concatenate([near, -far])]], TOLERANCE),
        "constant": ([[np.full((1, 4), 3, np.float32)]], [[np.full((1, 4), 3.01, np.float32)]], TOLERANCE),
        "zero_and_equal": ([[np.zeros((1, 4), np.float32)]], [[np.zeros((1, 4), np.float32)]], TOLERANCE),
        "zero_and_not_equal": ([[np.zeros((1, 4), np.float32)]], [[np.full((1, 4), 1e-3, np.float32)]], TOLERANCE),
        "result_zero": ([[scores]], [[np.zeros_like(scores)]], TOLERANCE),
        "nan": ([[scores], [scores]], [[near], [spoiled]], TOLERANCE),
        "infinity": ([[scores]], [[endless]], TOLERANCE),
        "nan_in_the_reference": ([[spoiled], [scores]], [[spoiled], [near]], TOLERANCE),
        "wrong_shape": ([[maps]], [[np.ascontiguousarray(maps.transpose(0, 2, 3, 1))]], TOLERANCE),
        "wrong_dtype": ([[scores]], [[scores.astype(np.float16)]], TOLERANCE),
        "an_output_missing": ([[scores, maps]], [[scores]], TOLERANCE),
        "an_output_too_many": ([[scores]], [[scores, maps]], TOLERANCE),
        "at_the_limit": ([[eighths]], [[eighths + np.float32(2.0**-7)]], at_limit),
        "over_the_limit": ([[eighths]], [[eighths + np.float32(2.0**-7 + 2.0**-20)]], at_limit),
        "tie_broken_by_index": ([[tie]], [[tie]], TOLERANCE),
        "tie_turned_is_no_fault": ([[tie]], [[swapped]], TOLERANCE),
        "best_class_displaced": ([[turned]], [[swapped]], {**TOLERANCE, "max_relative_error": 1.0}),
        "fifth_class_displaced": ([[sixth]], [[fifth]], TOLERANCE),
        "five_classes_have_no_top5": ([[scores[:, :5]]], [[near[:, :5]]], TOLERANCE),
        "one_class_has_no_top1": ([[scores[:, :1]]], [[near[:, :1]]], TOLERANCE),
        "integers_equal": ([[integers]], [[integers]], TOLERANCE),
        "integers_differ": ([[integers]], [[integers + np.int64(1)]], TOLERANCE),
        "booleans_differ": ([[flags]], [[~flags]], TOLERANCE),
    }
