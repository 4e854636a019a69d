"""A `.tflite` file, anyone's, held against the table of what a GPU computes wrongly or refuses; nothing runs."""

from itertools import groupby
from pathlib import Path

from efficientmod_export.targets._file_lint import FaultPlace, FileLint, KnownFault
from efficientmod_mobile.errors import InputError

ACCELERATOR = "LiteRT's GPU accelerator"


def read_tflite(path: Path) -> bytes:
    """The bytes of a file. Raises InputError where there is none that can be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); check the path and its permissions.", code="unreadable_tflite"
        ) from error


def lint_tflite(path: Path) -> FileLint:
    """Hold every operator against the table. Raises InputError for a file that cannot be read, or no TFLite model."""
    from efficientmod_export.targets.tflite._file import operators
    from efficientmod_export.targets.tflite._gpu_limits import GPU_LIMITS, Effect, gpu_findings

    data = read_tflite(path)
    effects, ids = list(Effect), [limit.id for limit in GPU_LIMITS]
    found = sorted(gpu_findings(data), key=lambda one: (effects.index(one.limit.effect), ids.index(one.limit.id)))
    faults = tuple(
        KnownFault(
            limit.id,
            limit.effect.value,
            limit.sentence,
            limit.versions,
            tuple(FaultPlace(one.name, one.operator) for one in group),
        )
        for limit, group in groupby(found, key=lambda one: one.limit)
    )
    return FileLint(path, ACCELERATOR, len(operators(data)), len(GPU_LIMITS), faults)
