"""A speed-up for coremltools: skip its check of the whole program after each of its passes.

The finished file is proven instead. The results are the same.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from efficientmod_export.foreign._names import ForeignName
from efficientmod_export.foreign._patch import Patch, speedup


@contextmanager
def coremltools_shortcuts() -> Iterator[None]:
    """Run coremltools' passes without the checks of the whole program in between."""
    with speedup(SKIP_VALIDATION):
        yield


def _skip(_: object) -> Callable[..., None]:
    """In place of `Program.validate`."""

    def validate(self: Any, check_essential_scope: bool = False) -> None:
        """Accept the program without a check."""

    return validate


SKIP_VALIDATION = Patch(
    ForeignName("coremltools.converters.mil.mil", "Program.validate", "(self, check_essential_scope=False)"), _skip
)
