"""What can be wrong with a model that is to become a TFLite file."""

from collections.abc import Sequence
from dataclasses import dataclass

from efficientmod_mobile.errors import ConversionError


@dataclass(frozen=True)
class UnsupportedNode:
    """One ONNX node that has no TFLite form: what it is, what it was given, and why it cannot be lowered."""

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
            f"{len(self.nodes)} ONNX node(s) have no TFLite form; rewrite them in the model:\n  {listing}",
            code="unsupported_operators",
        )


class CannotLowerError(Exception):
    """Raised by a lowering for a form of its operator that it does not carry; collected, never shown alone."""
