"""All errors that the toolkit raises deliberately.

    EfficientModError            exit code 1  not raised itself
    ├── ParityError              exit code 1  an artifact does not compute what PyTorch computes
    ├── InputError               exit code 2  the user's input cannot be used
    │   ├── ModelError           exit code 2  the model does not exist or cannot be built
    │   ├── CheckpointError      exit code 2  the file of weights is damaged, unsafe or of another model
    │   └── BundleError          exit code 2  a bundle cannot be read, or its folder cannot be written
    ├── DependencyError          exit code 3  a package is missing; the message names the pip command
    └── ConversionError          exit code 4  a network cannot be exported, transformed or lowered

A message is one sentence for people: what is wrong, then what to do; its words may change. `code` is for programs: it
names the fault, as in `unknown_target`, belongs to one class, and stays; docs/errors.md lists the codes. `exit_code` is
the exit code of the command line.
"""

from typing import Any

__all__ = [
    "BundleError",
    "CheckpointError",
    "ConversionError",
    "DependencyError",
    "EfficientModError",
    "InputError",
    "ModelError",
    "ParityError",
]


class EfficientModError(Exception):
    """Base class of all errors that the toolkit raises deliberately; `code` names the fault in snake_case."""

    exit_code = 1

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code

    def as_json(self) -> dict[str, str]:
        """Plain values."""
        return {"code": self.code, "kind": type(self).__name__, "message": str(self)}

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with all attributes, also by subclasses whose `__init__` takes something else than a message."""
        return Exception.__new__, (type(self), *self.args), self.__dict__


class ParityError(EfficientModError):
    """An artifact does not compute what the PyTorch reference computes."""

    exit_code = 1


class InputError(EfficientModError):
    """The user's input (a name, a file, a folder, an option) cannot be used."""

    exit_code = 2


class ModelError(InputError):
    """There is no model of this name, or it cannot be built."""


class CheckpointError(InputError):
    """A file of weights is damaged, would run code, or belongs to another model."""


class BundleError(InputError):
    """A bundle cannot be read, or its folder cannot be written."""


class DependencyError(EfficientModError):
    """A package that this step needs is not installed; the message names the pip command."""

    exit_code = 3


class ConversionError(EfficientModError):
    """A network cannot be exported, transformed or lowered to the target."""

    exit_code = 4
