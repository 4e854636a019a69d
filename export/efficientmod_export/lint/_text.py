"""How findings write shapes."""

from collections.abc import Sequence

from efficientmod_export.mil import Variable


def shape_text(shape: Sequence[int | None]) -> str:
    """(1, ?, 7): "?" for a length that is open."""
    return f"({', '.join('?' if length is None else str(length) for length in shape)})"


def gives(variable: Variable) -> str:
    """What an operator makes."""
    return f"gives {shape_text(variable.shape)}"


def from_to(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> str:
    """The first input's shape to the first output's."""
    return " to ".join(shape_text(held[0].shape) for held in (inputs, outputs) if held)
