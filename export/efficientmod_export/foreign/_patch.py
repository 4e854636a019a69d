"""Replace a function of another library temporarily, if that library is as the replacement expects it.

A patch whose target was removed, or whose signature changed, is not applied; without a speed-up the conversion only
takes longer. With the environment variable `EFFICIENTMOD_NO_PATCHES=1` no speed-up is applied, which shows whether one
of them causes a fault. Patches that a correct file needs do not read that variable.

A patch affects the whole process, so `PROCESS_LOCK` is held while it is applied.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from efficientmod_export.foreign._lock import PROCESS_LOCK
from efficientmod_export.foreign._names import ForeignName

NO_PATCHES = "EFFICIENTMOD_NO_PATCHES"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patch:
    """`replacement(original)` replaces the function `target`; `relies_on` are other names that it uses."""

    target: ForeignName
    replacement: Callable[[Any], Any]
    relies_on: tuple[ForeignName, ...] = ()

    @property
    def names(self) -> tuple[ForeignName, ...]:
        """All names that must be as declared for the patch to be applied."""
        return (self.target, *self.relies_on)

    def problem(self) -> str | None:
        """Why it cannot be applied to the installed version, None where it can."""
        return next(filter(None, (name.problem() for name in self.names)), None)


def speedups_are_on() -> bool:
    """Whether the environment variable `EFFICIENTMOD_NO_PATCHES` is unset, empty or 0."""
    return os.environ.get(NO_PATCHES, "0") in ("", "0")


@contextmanager
def speedup(patch: Patch) -> Iterator[None]:
    """Apply a patch that only makes a conversion faster; do nothing where it cannot be applied."""
    with PROCESS_LOCK:
        if not speedups_are_on():
            yield
        elif problem := patch.problem():
            _logger.warning("A speed-up is not applied, so the conversion takes longer: %s.", problem)
            yield
        else:
            with replaced(patch):
                yield


@contextmanager
def replaced(patch: Patch) -> Iterator[None]:
    """Apply a patch that has no problem."""
    owner, name = patch.target.owner(), patch.target.attribute
    with PROCESS_LOCK, mock.patch.object(owner, name, patch.replacement(getattr(owner, name))):
        yield
