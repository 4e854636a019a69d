"""Records compared value by value: numbers within a factor that no order of additions explains."""

from collections.abc import Iterator
from math import isclose
from typing import Any

from efficientmod_export.parity import Record

RELATIVE, ABSOLUTE = 1e-9, 1e-12
"""As for the test vectors: other languages add in another order."""


def differences(stated: Record, computed: Record, place: str) -> Iterator[tuple[str, Any, Any]]:
    """The field, the value stated and the value computed, for each that differs."""
    yield from _differences(stated.model_dump(), computed.model_dump(), place)


def _differences(stated: Any, computed: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(stated, dict) and isinstance(computed, dict):
        for key, value in computed.items():
            yield from _differences(stated[key], value, f"{place}.{key}")
    elif isinstance(stated, tuple) and isinstance(computed, tuple) and len(stated) == len(computed):
        for index, pair in enumerate(zip(stated, computed, strict=True)):
            yield from _differences(*pair, f"{place}.{index}")
    elif not _same(stated, computed):
        yield place, stated, computed


def _same(stated: Any, computed: Any) -> bool:
    if isinstance(stated, float) and isinstance(computed, float):
        return isclose(stated, computed, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return bool(stated == computed)
