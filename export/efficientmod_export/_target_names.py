"""The targets' names, without importing a target: the command line's help needs them, and torch takes seconds."""

import pkgutil
from collections.abc import Iterable
from pathlib import Path

TARGETS = (str(Path(__file__).with_name("targets")),)


def target_names(folders: Iterable[str] = TARGETS) -> tuple[str, ...]:
    """The name of each package in the folders, sorted."""
    return tuple(sorted(found.name.replace("_", "-") for found in pkgutil.iter_modules(folders) if found.ispkg))
