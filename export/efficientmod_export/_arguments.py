"""The arguments of `export` in the forms in which people give them, in the one form of an `ExportRequest`."""

import operator
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torch import Tensor

from efficientmod_export._network_inputs import parse_resolution
from efficientmod_mobile.errors import InputError

Names = str | Iterable[str]
Resolution = int | str | tuple[int, int]
"""A square's side, `"256x192"` or (H, W), in pixels."""


def names_of(value: Names, argument: str) -> tuple[str, ...]:
    """A name, or several. Raises InputError for anything else."""
    several = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else ()
    if not all(isinstance(one, str) for one in several) or (not several and value != ()):
        raise InputError(f"{argument} is a name or several, not {value!r}.", code="invalid_argument")
    return several


def side_lengths(resolution: Resolution | None, example_input: Any) -> tuple[int, int] | None:
    """(H, W) of the pictures: as stated, or as the example has them; None where neither is given.

    Raises InputError for what is no resolution, no picture, or both.
    """
    if example_input is not None:
        if resolution is not None:
            raise InputError(
                "The example input has a resolution; leave out one of the two.", code="conflicting_options"
            )
        return _of_example(example_input)
    if resolution is None or isinstance(resolution, str):
        return None if resolution is None else parse_resolution(resolution)
    sides = resolution if isinstance(resolution, tuple | list) else (resolution, resolution)
    try:
        height, width = (operator.index(side) for side in sides)
    except (TypeError, ValueError) as error:
        raise InputError(
            f'{resolution!r} is not a resolution; give 224, "256x192" or (256, 192).', code="invalid_resolution"
        ) from error
    return parse_resolution(f"{height}x{width}")


def _of_example(example: Any) -> tuple[int, int]:
    shape = tuple(example.shape) if isinstance(example, Tensor) else None
    if shape is None or len(shape) != 4:
        found = f"of shape {shape}" if shape else type(example).__name__
        raise InputError(
            f"The example input is {found}; give a tensor of one picture, such as torch.rand(1, 3, 224, 224).",
            code="invalid_argument",
        )
    _, *sides = shape
    height, width = sides[1:] if sides[0] in (1, 3) else sides[:2]  # channels first, or last
    return parse_resolution(f"{height}x{width}")


def labels_given(labels: Path | str | Iterable[str] | None) -> Path | tuple[str, ...] | None:
    """The path of a file with a name a line, or the names themselves. Raises InputError for anything else."""
    if labels is None or isinstance(labels, str | Path):
        return None if labels is None else Path(labels)
    return names_of(labels, "labels")


def parse_size(text: str) -> int:
    """A number of bytes, as in 15MB, 900 kB, 14 MiB or 15000000. Raises InputError for anything else."""
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmg]?)(i?)b?\s*", text, re.IGNORECASE)
    if found is None or (found[3] and not found[2]):
        raise InputError(f"{text!r} is no size of a file; give one such as 15MB or 900kB.", code="invalid_size")
    thousand = 1024 if found[3] else 1000
    return int(float(found[1]) * thousand ** ("", "k", "m", "g").index(found[2].lower()))
