"""Speed-ups for everything that exports and decomposes programs with PyTorch. The results are the same.

- `GraphModule.recompile` generates and compiles Python code for each new graph, although few graphs are ever called.
  Here a graph is compiled at its first call.
- Each trace makes a deep copy of the history (`meta["from_node"]`) of every node, and the history grows with each
  trace. A history is never changed, so it is shared here.
- The garbage collector scans all these graphs again and again. Here it is off until the conversion ends.
"""

import copy
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from efficientmod_export.foreign._lock import PROCESS_LOCK
from efficientmod_export.foreign._names import ForeignName
from efficientmod_export.foreign._patch import Patch, speedup, speedups_are_on


@contextmanager
def torch_shortcuts() -> Iterator[None]:
    """Compile graphs when they are called, share the nodes' histories, and collect no garbage."""
    with _without_garbage_collection(), speedup(COMPILE_WHEN_CALLED), speedup(SHARE_HISTORIES):
        yield


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    with PROCESS_LOCK:
        if not (gc.isenabled() and speedups_are_on()):
            yield
            return
        gc.disable()
        try:
            yield
        finally:
            gc.enable()


def _compile_when_called(compile_now: Callable[[Any], Any]) -> Callable[[Any], None]:
    """In place of `GraphModule.recompile`. Each module has a class of its own, so that its `forward` can be changed."""

    def recompile(self: Any) -> None:
        information = getattr(self._graph._codegen, "pytree_info", None)
        if information is not None:
            self._in_spec, self._out_spec = information.in_spec, information.out_spec
        self._code = ""  # printing a module reads it

        def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
            compile_now(self)
            return self.forward(*args, **kwargs)

        type(self).forward = forward

    return recompile


def _without_deepcopy(_: object) -> SimpleNamespace:
    """In place of the module `copy`."""
    return SimpleNamespace(**{**vars(copy), "deepcopy": lambda history: history})


COMPILE_WHEN_CALLED = Patch(
    ForeignName("torch.fx", "GraphModule.recompile", "(self)"),
    _compile_when_called,
    relies_on=(
        ForeignName("torch.fx", "GraphModule._graph"),
        ForeignName("torch.fx", "GraphModule._code"),
        ForeignName("torch.fx", "GraphModule._in_spec"),
        ForeignName("torch.fx", "GraphModule._out_spec"),
        ForeignName("torch.fx", "Graph._codegen"),
        ForeignName("torch.fx.graph", "_PyTreeCodeGen.pytree_info"),
    ),
)

SHARE_HISTORIES = Patch(
    ForeignName("torch.fx.traceback", "copy"),
    _without_deepcopy,
    relies_on=(
        ForeignName("torch.fx.traceback", "copy.deepcopy"),
        ForeignName("torch.fx.traceback", "NodeSource", "(node, pass_name='', action=None)"),
    ),
)
