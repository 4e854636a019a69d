"""Errors for models that cannot be converted to TFLite."""

from collections.abc import Sequence
from dataclasses import dataclass

from efficientmod_mobile.errors import ConversionError


@dataclass(frozen=True)
class UnsupportedNode:
    """One ONNX node that cannot be converted: its operator, name, attributes and input shapes, and the reason."""

    operator: str
    name: str
    attributes: dict[str, object]
    input_shapes: tuple[tuple[int, ...] | None, ...]
    reason: str

    def __str__(self) -> str:
        attributes = ", ".join(f"{key}={value!r}" for key, value in sorted(self.attributes.items()))
        shapes = ", ".join("-" if shape is None else str(list(shape)) for shape in self.input_shapes)
        return f"{self.operator} {self.name!r}({shapes}; {attributes}): {self.reason}"


class UnsupportedOperatorsError(ConversionError):
    """Some nodes cannot be lowered. `nodes` holds all of them, not only the first."""

    def __init__(self, nodes: Sequence[UnsupportedNode]) -> None:
        self.nodes = tuple(nodes)
        listing = "\n  ".join(str(node) for node in self.nodes)
        super().__init__(
            f"{len(self.nodes)} ONNX node(s) cannot be converted to TFLite; rewrite them in the model:\n  {listing}",
            code="unsupported_operators",
        )


class CannotLowerError(Exception):
    """Raised by a lowering for attributes or inputs that it does not support; reported by `UnsupportedNode`."""
