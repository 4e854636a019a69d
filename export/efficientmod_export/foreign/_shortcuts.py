"""Around the converters: do once what they do over and over, and not at all what reaches no file.

Most of the time of a conversion goes into what surrounds its work:

- every new graph of torch.fx is compiled to Python, though hardly one is called: compiled when it is called;
- every trace copies the history of every node, which grows with each trace: shared, since nobody changes it;
- the garbage collector searches all of this for cycles: later;
- each of ExecuTorch's passes ends by tracing the graph anew, also where it changed nothing: what a trace gave is kept;
- coremltools checks the whole program between any two of its passes: what is proven in the end is the file.

A file has the same bytes as without; tests hold it to that. A shortcut is taken by the whole process: nothing else may
convert in another thread meanwhile.
"""

import copy
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

from torch import fx
from torch.fx import traceback


@contextmanager
def torch_shortcuts() -> Iterator[None]:
    """For everything that exports and decomposes programs."""
    shared = SimpleNamespace(copy=copy.copy, deepcopy=lambda history: history)
    with (
        _garbage_later(),
        mock.patch.object(fx.GraphModule, "recompile", _compile_when_called),
        mock.patch.object(traceback, "copy", shared),
    ):
        yield


@contextmanager
def _garbage_later() -> Iterator[None]:
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


_compile = fx.GraphModule.recompile


def _compile_when_called(module: fx.GraphModule) -> None:
    """In place of `GraphModule.recompile`. Each module has a class of its own, so that its `forward` can be changed."""
    information = getattr(module._graph._codegen, "pytree_info", None)
    if information is not None:
        module._in_spec, module._out_spec = information.in_spec, information.out_spec
    module._code = ""  # printing a module reads it

    def forward(self: fx.GraphModule, *args: Any, **kwargs: Any) -> Any:
        _compile(self)
        return self.forward(*args, **kwargs)

    type(module).forward = forward


@contextmanager
def executorch_shortcuts() -> Iterator[None]:
    """Let ExecuTorch's passes trace a graph anew only if it is not just what a trace gave.

    That holds for passes that leave tracing as it is; the others do their work in it.
    """
    from executorch.exir.pass_base import ExportPass, PassResult, _ExportPassBase

    hooks = [
        name
        for name in dir(ExportPass)
        if callable(getattr(ExportPass, name)) and not name.startswith("__") and name not in ("call", "requires")
    ]
    trace = _ExportPassBase.call
    traced: dict[int, tuple[fx.GraphModule, GraphState]] = {}

    def call(self: Any, module: fx.GraphModule) -> Any:
        if any(getattr(type(self), name) is not getattr(ExportPass, name) for name in hooks):
            return trace(self, module)
        if id(module) in traced and GraphState(module) == traced[id(module)][1]:
            return PassResult(module, True)
        result = trace(self, module)
        traced[id(result.graph_module)] = (result.graph_module, GraphState(result.graph_module))
        return result

    with mock.patch.object(_ExportPassBase, "call", call):
        yield


@contextmanager
def coremltools_shortcuts() -> Iterator[None]:
    """Let coremltools' passes follow each other without a check of the whole program in between."""
    from coremltools.converters.mil.mil import Program

    with mock.patch.object(Program, "validate"):
        yield


class GraphState:
    """What a trace reads of a graph: its operations, and the very values that stand for their results."""

    def __init__(self, module: fx.GraphModule) -> None:
        self._operations = [
            (node.name, node.op, node.target, _names(node.args), _names(node.kwargs)) for node in module.graph.nodes
        ]
        self._values = [node.meta.get("val") for node in module.graph.nodes]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, GraphState)
            and self._operations == other._operations
            and all(mine is theirs for mine, theirs in zip(self._values, other._values, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]


def _names(arguments: Any) -> Any:
    return fx.node.map_arg(arguments, lambda node: node.name)
