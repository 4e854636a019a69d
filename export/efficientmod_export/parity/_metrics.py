"""Metrics of the difference between an artifact's outputs and the reference's.

With reference r, result y and e = y - r over the n elements of one output (all in float64):

    max_abs_error       max |e|
    mean_abs_error      mean |e|
    range               max(r) - min(r), by default of this output alone; `judge` gives the range over all samples,
                        so that two close scores of one sample do not inflate the relative error.
                        Where it is 0 (a constant output) it is max |r|, and 1 where that is 0 too.
    *_relative_error    the absolute error divided by the range
    cosine              <r, y> / (|r| |y|); 1 where both are zero, 0 where one is
    sqnr_db             10 log10(sum r^2 / sum e^2), capped at 200 dB, float32's resolution

Classifier outputs, of shape (N, C) with C > 1, also have the agreement of the k best classes, k = 1 and k = 5 < C.
The k best classes are compared as sets. `margin` is r's k-th best score minus its (k + 1)-th. `displacement` is 0
where the sets are equal, otherwise the best reference score among the classes that left the set minus the worst among
those that entered it: the largest difference between reference scores whose order is reversed. Both are divided by the
range. A small displacement is a near-tie that rounding decided; a large one is a fault, even where the margin is small.
(Comparing the margin with the observed error instead would accept every swap: a swap of a margin m needs an error of at
least m / 2.) Of several rows the worst counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from efficientmod_export._stages import Outputs
from efficientmod_export.parity._records import Record

SQNR_CAP_DB = 200.0
TOP_K = (1, 5)

Float64s = NDArray[np.float64]


FaultCode = Literal["output_count", "shape", "dtype", "reference_not_finite", "not_finite"]


@dataclass(frozen=True)
class Fault:
    """Why metrics would mean nothing: the output's index, None for a wrong count; a code and a sentence."""

    output: int | None
    code: FaultCode
    text: str


class Agreement(Record):
    """Whether the k best classes are the reference's; `margin` and `displacement` are fractions of the range."""

    agrees: bool
    margin: float
    displacement: float

    @classmethod
    def worst(cls, several: Sequence["Agreement"]) -> Self:
        """The least favourable of each number."""
        return cls(
            agrees=all(one.agrees for one in several),
            margin=min(one.margin for one in several),
            displacement=max(one.displacement for one in several),
        )


class OutputMetrics(Record):
    """The difference of one output from the reference; the module's docstring defines the metrics."""

    output: int
    range: float
    max_abs_error: float
    mean_abs_error: float
    max_relative_error: float
    mean_relative_error: float
    cosine: float
    sqnr_db: float
    top1: Agreement | None
    top5: Agreement | None

    @classmethod
    def worst(cls, several: Sequence["OutputMetrics"]) -> Self:
        """The least favourable of each number over the samples of one output."""
        return cls(
            output=several[0].output,
            range=min(one.range for one in several),
            max_abs_error=max(one.max_abs_error for one in several),
            mean_abs_error=max(one.mean_abs_error for one in several),
            max_relative_error=max(one.max_relative_error for one in several),
            mean_relative_error=max(one.mean_relative_error for one in several),
            cosine=min(one.cosine for one in several),
            sqnr_db=min(one.sqnr_db for one in several),
            top1=_worst_agreement([one.top1 for one in several]),
            top5=_worst_agreement([one.top5 for one in several]),
        )


class Comparison(Record):
    """Metrics of every output, or the structural faults that make metrics meaningless; never both."""

    outputs: tuple[OutputMetrics, ...]
    faults: tuple[str, ...]


def reference_ranges(references: Sequence[Outputs]) -> tuple[float, ...]:
    """The range of each output over all samples, with the fallbacks that the module's docstring states."""
    return tuple(
        _range(np.concatenate([value.ravel() for value in values])) for values in zip(*references, strict=True)
    )


def compare(reference: Outputs, result: Outputs, ranges: Sequence[float] | None = None) -> Comparison:
    """Measure `result` against `reference`, output by output in the reference's order.

    `ranges` has one number per output and defaults to the ranges of `reference` alone.
    """
    faults = find_faults(reference, result)
    if faults:
        return Comparison(outputs=(), faults=tuple(fault.text for fault in faults))
    scales = reference_ranges([reference]) if ranges is None else ranges
    pairs = zip(reference, result, scales, strict=True)
    return Comparison(outputs=tuple(_measure(index, *pair) for index, pair in enumerate(pairs)), faults=())


def find_faults(reference: Outputs, result: Outputs) -> tuple[Fault, ...]:
    """A wrong count of outputs, and each output of a wrong shape, dtype or with NaN or infinity."""
    if len(reference) != len(result):
        text = f"{len(result)} outputs where the reference has {len(reference)}"
        return (Fault(None, "output_count", text),)
    pairs = enumerate(zip(reference, result, strict=True))
    return tuple(fault for index, (r, y) in pairs if (fault := _find_fault(index, r, y)))


def _find_fault(index: int, reference: NDArray[np.float32], result: NDArray[np.float32]) -> Fault | None:
    if result.shape != reference.shape:
        text = f"output {index} has shape {result.shape} where the reference has {reference.shape}"
        return Fault(index, "shape", text)
    if result.dtype != reference.dtype:
        return Fault(index, "dtype", f"output {index} is {result.dtype} where the reference is {reference.dtype}")
    both: tuple[tuple[FaultCode, str, NDArray[np.float32]], ...] = (
        ("reference_not_finite", "the reference's output", reference),
        ("not_finite", "output", result),
    )
    for code, name, values in both:
        broken = int(values.size - np.count_nonzero(np.isfinite(values)))
        if broken:
            return Fault(index, code, f"{name} {index} has {broken} NaN or infinite values of {values.size}")
    return None


def _measure(index: int, reference: NDArray[np.float32], result: NDArray[np.float32], scale: float) -> OutputMetrics:
    r, y = reference.astype(np.float64), result.astype(np.float64)
    error = np.abs(y - r)
    max_error, mean_error = float(error.max()), float(error.mean())
    agreements = {k: _agreement(r, y, k, scale) for k in TOP_K}
    return OutputMetrics(
        output=index,
        range=scale,
        max_abs_error=max_error,
        mean_abs_error=mean_error,
        max_relative_error=max_error / scale,
        mean_relative_error=mean_error / scale,
        cosine=_cosine(r, y),
        sqnr_db=_sqnr_db(r, error),
        top1=agreements[1],
        top5=agreements[5],
    )


def _range(values: NDArray[np.float32]) -> float:
    # A reference with NaN is reported as a fault of its sample; it must not invalidate the range over all samples.
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 1.0
    spread = float(finite.max()) - float(finite.min())
    return spread or float(np.abs(finite).max()) or 1.0


def _cosine(r: Float64s, y: Float64s) -> float:
    norms = float(np.linalg.norm(r)) * float(np.linalg.norm(y))
    if norms == 0.0:
        return 1.0 if np.array_equal(r, y) else 0.0
    return min(1.0, float(np.vdot(r, y)) / norms)


def _sqnr_db(r: Float64s, error: Float64s) -> float:
    signal, noise = float(np.sum(r * r)), float(np.sum(error * error))
    if noise == 0.0:
        return SQNR_CAP_DB
    if signal == 0.0:
        return -SQNR_CAP_DB
    return float(np.clip(10.0 * np.log10(signal / noise), -SQNR_CAP_DB, SQNR_CAP_DB))


def _agreement(r: Float64s, y: Float64s, k: int, scale: float) -> Agreement | None:
    if r.ndim != 2 or r.shape[1] <= k:
        return None
    return Agreement.worst([_row_agreement(*rows, k, scale) for rows in zip(r, y, strict=True)])


def _row_agreement(r: Float64s, y: Float64s, k: int, scale: float) -> Agreement:
    best = np.argsort(-r, kind="stable")
    expected, found = set(best[:k].tolist()), set(np.argsort(-y, kind="stable")[:k].tolist())
    lost, gained = sorted(expected - found), sorted(found - expected)
    displacement = float(r[lost].max() - r[gained].min()) if lost else 0.0
    margin = float(r[best[k - 1]] - r[best[k]])
    return Agreement(agrees=not lost, margin=margin / scale, displacement=displacement / scale)


def _worst_agreement(several: Sequence[Agreement | None]) -> Agreement | None:
    present = [one for one in several if one is not None]
    return Agreement.worst(present) if present else None
