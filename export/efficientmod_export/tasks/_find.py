"""Find the tasks: every folder beside this file."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import cast

from efficientmod_export.tasks._task import NetworkFacts, Task
from efficientmod_mobile.errors import InputError


def find_tasks(package: ModuleType) -> dict[str, Task]:
    """The task of each folder in a package, by the folder's name, sorted."""
    folders = sorted(module.name for module in iter_modules(package.__path__) if module.ispkg)
    return {name: cast(Task, import_module(f"{package.__name__}.{name}").TASK) for name in folders}


@cache
def all_tasks() -> Mapping[str, Task]:
    """The tasks that have a folder beside this file, by name."""
    return find_tasks(import_module("efficientmod_export.tasks"))


def recognise(network: NetworkFacts, known: Mapping[str, Task] | None = None) -> str:
    """The name of the task that fits the network best.

    Raises InputError where none does, or where two do equally.
    """
    fits = {name: task.fit(network) for name, task in (all_tasks() if known is None else known).items()}
    best = max(fits.values())
    chosen = [name for name, fit in fits.items() if fit == best]
    if best == 0:
        raise InputError(
            f"Outputs of the shapes {network.shapes} fit no task; the tasks are {', '.join(fits)}.", code="no_task"
        )
    if len(chosen) > 1:
        raise InputError(f"The network fits {' and '.join(chosen)} equally; name the task.", code="ambiguous_task")
    return chosen[0]
