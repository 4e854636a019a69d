"""A name of another library that this package reads or replaces, and the check that it is as expected."""

import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any


@dataclass(frozen=True)
class ForeignName:
    """An attribute `path` ("GraphModule.recompile") of another library's `module` ("torch.fx").

    `signature`, where it is given, is the one that a function must have, without annotations: "(self, x=None)".
    """

    module: str
    path: str
    signature: str | None = None

    def __str__(self) -> str:
        return f"{self.module}.{self.path}"

    @property
    def attribute(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    def owner(self) -> Any:
        """The module or class that has the attribute. Raises ImportError or AttributeError where there is none."""
        found: Any = importlib.import_module(self.module)
        for part in self.path.split(".")[:-1]:
            found = getattr(found, part)
        return found

    def problem(self) -> str | None:
        """How the installed version differs from what is expected, None where it does not."""
        try:
            owner = self.owner()
        except (ImportError, AttributeError) as error:
            return f"{self} does not exist ({error})"
        if not hasattr(owner, self.attribute):
            return None if _is_set_on_instances(owner, self.attribute) else f"{self} does not exist"
        if self.signature is None:
            return None
        found = _signature(getattr(owner, self.attribute))
        return None if found == self.signature else f"{self} is called as {found}, not as {self.signature}"


def _signature(value: Any) -> str:
    """The parameters' names, kinds and defaults."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return "something that is not a Python function"
    parameters = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(inspect.Signature(parameters))


def _is_set_on_instances(owner: Any, name: str) -> bool:
    """Whether a class declares an attribute of its instances, or its methods use one of this name."""
    if not inspect.isclass(owner):
        return False
    declared = any(name in inspect.get_annotations(one) for one in owner.__mro__)
    return declared or any(name in code.co_names for one in owner.__mro__ for code in _methods(one))


def _methods(owner: type) -> Iterator[CodeType]:
    for value in vars(owner).values():
        functions = (value.fget, value.fset) if isinstance(value, property) else (value,)
        for function in functions:
            code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
            if isinstance(code, CodeType):
                yield code
