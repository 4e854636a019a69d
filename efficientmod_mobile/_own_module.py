"""Build a user's own network, given as `my_package.my_module:build`."""

import difflib
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from efficientmod_mobile.errors import ModelError
from efficientmod_mobile.messages import described, shortened


def build_own(name: str) -> nn.Module:
    """Import the module, from the current folder first, and call the function without arguments.

    Raises ModelError if the module cannot be imported, has no such function, or the function does not return an
    nn.Module with dense values.
    """
    module_name, _, function_name = name.partition(":")
    if not module_name or not function_name:
        raise ModelError(
            f"{name!r} is not module:function; write my_package.my_module:build.", code="invalid_model_name"
        )
    if "/" in module_name or module_name.endswith(".py"):
        meant = f"{PurePath(module_name).name.removesuffix('.py')}:{function_name}"
        raise ModelError(
            f"{name!r} names a file; write {meant} and run the command in the folder of that file.",
            code="invalid_model_name",
        )
    with _current_folder_first():
        return _call(_function(_imported(module_name), function_name, name), name)


def _imported(module_name: str) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # the user's code runs and can raise anything
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and (module_name == missing or module_name.startswith(f"{missing}.")):
            raise ModelError(
                f"There is no module {missing!r} in the current folder or among the installed packages; "
                "run the command in the folder that contains it.",
                code="unknown_module",
            ) from error
        raise ModelError(
            f"Importing {module_name} failed with {described(error)}.", code="module_import_failed"
        ) from error


def _function(module: ModuleType, function_name: str, name: str) -> Callable[[], Any]:
    function = getattr(module, function_name, None)
    if function is None:
        close = difflib.get_close_matches(function_name, vars(module), n=1)
        hint = f"; did you mean {close[0]}?" if close else "."
        raise ModelError(f"The module {module.__name__} has no {function_name!r}{hint}", code="unknown_model_function")
    if not callable(function):
        raise ModelError(
            f"{name} is of type {type(function).__name__}, not a function; name a function that returns the network.",
            code="not_a_function",
        )
    return function  # type: ignore[no-any-return]


def _call(function: Callable[[], Any], name: str) -> nn.Module:
    try:
        network = function()
    except (Exception, SystemExit) as error:  # as above
        raise ModelError(f"Calling {name} failed with {described(error)}.", code="model_build_failed") from error
    if not isinstance(network, nn.Module):
        raise ModelError(
            f"{name} returned an object of type {type(network).__name__}; it must return a torch.nn.Module.",
            code="not_a_module",
        )
    tensors = chain(network.named_parameters(), network.named_buffers())
    without = [key for key, value in tensors if is_lazy(value) or value.is_meta or value.layout != torch.strided]
    if without:
        raise ModelError(
            f"{name} returned a network without dense values in {shortened(without)}; run it once on an image if it "
            "has lazy layers, and build it dense and not on the meta device.",
            code="uninitialized_weights",
        )
    return network


@contextmanager
def _current_folder_first() -> Iterator[None]:
    """Put the current folder first in `sys.path` while the user's module is imported, and last afterwards.

    It stays last for imports that the network makes when it runs; there it cannot shadow an installed package.
    """
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        if folder not in sys.path:
            sys.path.append(folder)
