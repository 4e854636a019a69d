"""What a backend is, and the table of all of them."""

import importlib.util
from pathlib import Path
from typing import Protocol, TypeVar

from efficientmod_export._stages import (
    Artifact,
    ConversionOptions,
    Interface,
    Precision,
    Runner,
    TensorSpec,
)
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.errors import DependencyError, InputError


class Backend(Protocol):
    """One target: it turns a program into a file, and runs that file where its runtime exists.

    `precisions` begins with the default. `ios_versions` are the least iOS that it can be made for, none where the file
    is the same for all. `filename` is the artifact's name in a bundle. `requires` lists what has to be installed:
    import name and the extra of this distribution that brings it.
    """

    target: str
    precisions: tuple[Precision, ...]
    ios_versions: tuple[int, ...]
    filename: str
    requires: tuple[tuple[str, str], ...]

    def convert(self, program: Program, options: ConversionOptions, folder: Path) -> Artifact:
        """Write `folder / filename`. The same program and options give the same bytes.

        Raises:
            InputError: the options ask for what the target does not have.
            DependencyError: a package of `requires` is missing.
            ConversionError: the converter refuses the program.
            OSError: the file cannot be written; nothing of it is left.
        """
        ...

    def interface(self, network: Interface) -> Interface:
        """What an artifact takes and gives; `network` says the same of the network itself, in PyTorch's layout."""
        ...

    def runner(self, path: Path, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> Runner | None:
        """Load an artifact into its runtime; None where this machine has no such runtime.

        `inputs` and `outputs` are the artifact's; a file that does not have them is refused with ConversionError.
        """
        ...


BACKENDS: dict[str, Backend] = {}
"""Every target by its name."""

AnyBackend = TypeVar("AnyBackend", bound=Backend)


def register(backend: type[AnyBackend]) -> type[AnyBackend]:
    """Class decorator: make a target known by its name."""
    if backend.target in BACKENDS:
        raise ValueError(f"two backends are named {backend.target!r}")
    BACKENDS[backend.target] = backend()
    return backend


def demand(backend: Backend) -> None:
    """Raise DependencyError when a package that the backend needs is not installed; it names them all."""
    missing = [(module, extra) for module, extra in backend.requires if importlib.util.find_spec(module) is None]
    if missing:
        names = ", ".join(module for module, _ in missing)
        extras = ",".join(sorted({extra for _, extra in missing}))
        raise DependencyError(
            f"The {backend.target} target needs {names}, not installed here: "
            f'run pip install "efficientmod-mobile[{extras}]".'
        )


def check_precision(backend: Backend, options: ConversionOptions) -> None:
    """Raise InputError when the target has no such precision."""
    if options.precision not in backend.precisions:
        raise InputError(
            f"The {backend.target} target has no {options.precision}; choose from {', '.join(backend.precisions)}."
        )


def check_ios(backend: Backend, ios: int) -> None:
    """Raise InputError when the target cannot be made for this least iOS."""
    if backend.ios_versions and ios not in backend.ios_versions:
        known = ", ".join(map(str, backend.ios_versions))
        raise InputError(f"The {backend.target} target cannot be made for iOS {ios}; choose from {known}.")
