"""Joined tensors for coremltools 9.0, which takes known parts of them for integers.

It knows the value of a small concatenation whose parts are partly known, as an array of Python objects, and stores a
slice of it as a constant of integers where the network has float numbers, so that the conversion fails. With this patch
the value of a concatenation of float numbers is known only where all of its parts are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from efficientmod_export.foreign._names import ForeignName
from efficientmod_export.foreign._patch import Patch, replaced


@contextmanager
def joined_floats() -> Iterator[None]:
    """Let coremltools convert joined float numbers; as it is where it cannot be patched."""
    if WHOLE_VALUES.problem():
        yield
        return
    with replaced(WHOLE_VALUES):
        yield


def _infer_whole_values(infer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """In place of `concat.value_inference`."""
    from coremltools.converters.mil.mil import types

    def value_inference(self: Any) -> Any:
        parts = self.values
        if any(types.is_float(part.dtype) for part in parts) and any(part.val is None for part in parts):
            return None
        return infer(self)

    return value_inference


WHOLE_VALUES = Patch(
    ForeignName("coremltools.converters.mil.mil.ops.defs.iOS15.tensor_operation", "concat.value_inference", "(self)"),
    _infer_whole_values,
    relies_on=(ForeignName("coremltools.converters.mil.mil", "types.is_float"),),
)
