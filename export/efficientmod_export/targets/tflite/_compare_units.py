"""Any `.tflite` file on the processor and beside it on the GPU in both precisions, on the same inputs."""

from collections.abc import Sequence
from importlib import metadata
from math import isfinite
from pathlib import Path

import numpy as np

from efficientmod_export._stages import ComputePrecision, ProgressReport
from efficientmod_export._vulkan import find_driver, missing_driver
from efficientmod_export.targets._unit_comparison import UnitComparison, UnitResult
from efficientmod_export.targets.tflite._any_file import AnyFile, Array, End
from efficientmod_export.targets.tflite._first_difference import first_difference
from efficientmod_export.targets.tflite._gpu_process import DTYPES, GpuProcess, Refused
from efficientmod_export.targets.tflite._gpu_runtime import NO_DRIVER, OUTDATED, refusal, refused_by_table
from efficientmod_mobile.errors import InputError

SEED = 0

LIMITS: dict[ComputePrecision, float] = {"float32": 1e-3, "float16": 5e-2}
"""A fraction of an output's range. Right files are within 2e-5 in float32, and those whose first operators go wrong
differ by 5e-3 and more; float16 costs the EfficientMods 2.6e-3, and networks that it leaves no ranking 7e-2.
"""
QUANTISED = 1e-1
"""A GPU computes a quantised file in floating point, so that steps of 1/256 add up in one of the two only."""


def compare_units(path: Path, given: Sequence[Path], progress: ProgressReport) -> UnitComparison:
    """Run the file at `path` on `.npy` files, one an input in the graph's order, or on random numbers.

    Raises InputError for a file or inputs that cannot be used, ConversionError where the processor does not run it.
    """
    file = AnyFile(path)
    inputs = read_inputs(file, given) if given else random_inputs(file)
    progress("the processor")
    expected = file.on_processor(inputs)
    results = [UnitResult("cpu", "float32", "reference")]
    for precision in LIMITS:
        progress(f"gpu {precision}")
        wanted = all(result.first is None for result in results)
        results.append(_on_gpu(file, inputs, expected, precision, wanted=wanted, progress=progress))
    fed = tuple(map(str, file.inputs))
    return UnitComparison(path, f"LiteRT {metadata.version('ai-edge-litert')}", fed, tuple(results), file.left_out)


def random_inputs(file: AnyFile) -> list[Array]:
    """Floats of the standard normal distribution, since some faults need negative numbers; truth values; any level of a
    grid; bytes below 128, which int8 has too; other integers zero or one, which are places in any table.
    """
    random = np.random.default_rng(SEED)

    def draw(end: End) -> Array:
        if end.dtype.kind == "f":
            return random.standard_normal(end.shape, np.float32).astype(end.dtype)
        if end.on_grid:
            kind = np.iinfo(end.dtype)
            return random.integers(kind.min, kind.max, end.shape, end.dtype, endpoint=True)
        one_byte = end.dtype.itemsize == 1 and end.dtype != np.bool_
        return random.integers(0, 128 if one_byte else 2, end.shape, end.dtype)

    return [draw(end) for end in file.inputs]


def read_inputs(file: AnyFile, given: Sequence[Path]) -> list[Array]:
    """The arrays of `.npy` files. Raises InputError where they are not what the file takes."""
    if len(given) != len(file.inputs):
        raise InputError(
            f"{file.path.name} takes {len(file.inputs)} inputs; give --input that often.", code="unfit_input"
        )
    arrays = []
    for end, path in zip(file.inputs, given, strict=True):
        try:
            array = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise InputError(f"{path} cannot be read as .npy ({error}).", code="unreadable_input") from error
        if not isinstance(array, np.ndarray) or array.shape != end.shape or array.dtype != end.dtype:
            raise InputError(
                f"{path} does not hold what {end.name} takes: {end.dtype} of shape {list(end.shape)}.",
                code="unfit_input",
            )
        arrays.append(np.ascontiguousarray(array))
    return arrays


def _on_gpu(
    file: AnyFile,
    inputs: Sequence[Array],
    expected: Sequence[Array],
    precision: ComputePrecision,
    *,
    wanted: bool,
    progress: ProgressReport,
) -> UnitResult:
    """One precision; where it is wrong and it is `wanted`, with the first operator that differs."""
    driver = find_driver(precision)
    if driver is None:
        return UnitResult("gpu", precision, "not run here", reason=missing_driver(precision))
    unfit = [end for end in (*file.inputs, *file.outputs) if end.dtype.type not in DTYPES.values()]
    if unfit:
        known = refused_by_table(file.data)
        reason = f"LiteRT's Python package has no buffers of {unfit[0].dtype}, which {unfit[0].name} is of"
        return UnitResult("gpu", precision, "refused" if known else "not run here", reason=known or reason)
    limit = max(LIMITS[precision], QUANTISED) if file.quantised else LIMITS[precision]
    with GpuProcess(driver) as gpu:
        answer = gpu.run(file.data, tuple(inputs), float32=precision == "float32")
        if isinstance(answer, Refused):
            if NO_DRIVER in answer.message:
                return UnitResult("gpu", precision, "not run here", reason=OUTDATED)
            return UnitResult("gpu", precision, "refused", reason=refusal(file.data, answer.message))
        error = max(map(relative_error, answer.outputs, expected), default=0.0)
        if error <= limit:
            return UnitResult("gpu", precision, "right", error, limit)
        first = None
        if wanted:
            progress(f"gpu {precision}: the first operator that differs")

            def differs(tensors: Sequence[int]) -> set[int] | None:
                again = gpu.run(file.showing(tensors), tuple(inputs), float32=precision == "float32")
                if isinstance(again, Refused):
                    return None
                count = len(file.outputs)
                pairs = zip(again.outputs[count:], file.on_processor(inputs, tensors)[count:], strict=True)
                return {index for index, pair in zip(tensors, pairs, strict=True) if relative_error(*pair) > limit}

            first = first_difference(file, differs)
        return UnitResult("gpu", precision, "wrong", error if isfinite(error) else None, limit, first=first)


def relative_error(actual: Array, expected: Array) -> float:
    """The largest difference as a fraction of the expected range; infinite where other values are not finite."""
    result, wanted = actual.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(wanted)
    if not np.array_equal(result[~finite], wanted[~finite], equal_nan=True) or not np.isfinite(result[finite]).all():
        return float("inf")
    if not finite.any():
        return 0.0
    span = np.ptp(wanted[finite]) or np.abs(wanted[finite]).max() or 1.0
    return float(np.abs(result[finite] - wanted[finite]).max() / span)
