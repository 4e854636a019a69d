"""The operators' registry: `@operator("gather", since=17)` on a function whose keywords are MIL's parameters.

The annotations of a kernel are its schema. They state how each input is converted:

    Tensor                     a tensor; float16 is computed in float32
    Tensors                    any number of tensors (concat's `values`)
    int, float, bool, str      a scalar
    Ints, Bools, Strings       a tuple of scalars
    ... | None                 the input may be missing

A parameter without a default is required. An unknown operator or parameter is found before anything runs.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, TypeVar, get_args

from torch import Tensor

Ints = tuple[int, ...]
Bools = tuple[bool, ...]
Strings = tuple[str, ...]
Tensors = tuple[Tensor, ...]
Kernel = Callable[..., Any]
AnyKernel = TypeVar("AnyKernel", bound=Kernel)
Converter = Callable[[Any], Any]

_FIRST_IOS = 15


def _items(value: Any) -> tuple[Any, ...]:
    if isinstance(value, Tensor):
        return tuple(value.flatten().tolist())
    return value if isinstance(value, tuple) else (value,)


def _checked(item: Any, kind: type) -> Any:
    """`item` as a `kind`; strings and numbers are not converted to each other."""
    if not isinstance(item, (int, float, str)) or isinstance(item, str) != (kind is str):
        raise TypeError(f"it takes a {kind.__name__}, not a {type(item).__name__}")
    return kind(item)


def _flat(kind: type) -> Converter:
    return lambda value: tuple(_checked(item, kind) for item in _items(value))


def _scalar(kind: type) -> Converter:
    def convert(value: Any) -> Any:
        items = _items(value)
        if len(items) != 1:
            raise ValueError(f"it takes one {kind.__name__}, not {len(items)}")
        return _checked(items[0], kind)

    return convert


def _tensor(value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        raise TypeError(f"it takes a tensor, not a {type(value).__name__}")
    return value


def _labels(value: Any) -> tuple[Any, ...]:
    items = _items(value)
    kind = str if items and isinstance(items[0], str) else int
    return tuple(_checked(item, kind) for item in items)


_CONVERTERS: dict[Any, Converter] = {
    Tensor: _tensor,
    Tensors: _tensor,
    Ints: _flat(int),
    Bools: _flat(bool),
    Strings: _flat(str),
    Strings | Ints: _labels,
    int: _scalar(int),
    float: _scalar(float),
    bool: _scalar(bool),
    str: _scalar(str),
}


@dataclass(frozen=True)
class Parameter:
    """One input of an operator: how a value is converted, whether it must be there, whether it takes several.

    `convert` raises an exception of Python's own for a value of the wrong kind.
    """

    convert: Converter
    required: bool
    several: bool


@dataclass(frozen=True)
class Operator:
    """A kernel and its schema. `moves` is true where it only moves or selects values."""

    kernel: Kernel
    parameters: Mapping[str, Parameter]
    moves: bool


REGISTRY: dict[str, dict[int, Operator]] = {}
"""Name -> the iOS version that introduced or changed the operator -> its kernel."""


def _parameter(parameter: inspect.Parameter) -> Parameter:
    annotation = parameter.annotation
    if isinstance(annotation, UnionType) and type(None) in get_args(annotation):
        annotation = next(kind for kind in get_args(annotation) if kind is not type(None))
    return Parameter(_CONVERTERS[annotation], parameter.default is inspect.Parameter.empty, annotation == Tensors)


def operator(name: str, *, since: int = _FIRST_IOS, moves: bool = False) -> Callable[[AnyKernel], AnyKernel]:
    """Register a kernel for MIL's operator `name`, from the opset of iOS `since` on; `ValueError` if there is one."""

    def register(kernel: AnyKernel) -> AnyKernel:
        versions = REGISTRY.setdefault(name, {})
        if since in versions:
            raise ValueError(f"the operator '{name}' of iOS {since} is registered twice")
        parameters = {key: _parameter(held) for key, held in inspect.signature(kernel).parameters.items()}
        versions[since] = Operator(kernel, parameters, moves)
        return kernel

    return register


def find_operator(name: str, ios: int) -> Operator | None:
    """The newest version of `name` that a program of opset `ios` may use, or None."""
    versions = [since for since in REGISTRY.get(name, {}) if since <= ios]
    return REGISTRY[name][max(versions)] if versions else None
