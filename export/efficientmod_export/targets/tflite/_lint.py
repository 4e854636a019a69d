"""A `.tflite` file, anyone's, held against the table of what a GPU computes wrongly or refuses; nothing runs."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from efficientmod_export.targets._file_lint import FaultPlace, FileLint, KnownFault
from efficientmod_mobile.errors import InputError

if TYPE_CHECKING:
    from efficientmod_export.targets.tflite._gpu_limit import GpuFinding, GpuLimit

ACCELERATOR = "LiteRT's GPU accelerator"
IDENTIFIER = b"TFL3"


def read_tflite(path: Path) -> bytes:
    """The bytes of a file. Raises InputError where there is none that can be read, or no TFLite model."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); check the path and its permissions.", code="unreadable_tflite"
        ) from error
    if data[4:8] != IDENTIFIER:
        raise InputError(
            f"{path.name} is no TFLite model, or is cut short; convert the model again.", code="damaged_tflite"
        )
    return data


def lint_tflite(path: Path) -> FileLint:
    """Hold every operator against the table, and against what others report.

    Raises InputError for a file that cannot be read, or no TFLite model.
    """
    from efficientmod_export.targets.tflite._file import operators
    from efficientmod_export.targets.tflite._gpu_limits import GPU_LIMITS, gpu_findings
    from efficientmod_export.targets.tflite._gpu_reported import REPORTED, reported_findings

    data = read_tflite(path)
    measured, reported = _faults(gpu_findings(data), GPU_LIMITS), _faults(reported_findings(data), REPORTED)
    return FileLint(path, ACCELERATOR, len(operators(data)), len(GPU_LIMITS), (*measured, *reported))


def _faults(findings: Iterable["GpuFinding"], rows: Sequence["GpuLimit"]) -> tuple[KnownFault, ...]:
    """One for each row, those that are computed wrongly first."""
    from efficientmod_export.targets.tflite._gpu_limit import Effect

    effects = list(Effect)
    order = sorted(rows, key=lambda row: effects.index(row.effect))
    found = sorted(findings, key=lambda one: order.index(one.limit))
    return tuple(
        KnownFault(
            limit.id,
            limit.effect.value,
            limit.sentence,
            limit.versions,
            tuple(FaultPlace(one.name, one.operator) for one in group),
            "measured here" if limit.source is None else "reported",
            limit.source,
        )
        for limit, group in groupby(found, key=lambda one: one.limit)
    )
