"""Padding: PAD for a constant, and for the other modes copies of the value's own lines.

Those are a SLICE for each run of lines and one CONCATENATION, since XNNPACK has no MIRROR_PAD.
"""

from collections.abc import Sequence

from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._layout import Value
from ._padding import as_image, pad_physical
from ._registry import Context, Operand, constant_ints, lowers
from ._slicing import JOINED, joined, parts

_FEW = 16
"""The most mirrored lines on each side for which slices are written, since XNNPACK copies each separately; more are a
MIRROR_PAD."""


@lowers("Pad")
def pad(
    context: Context,
    x: Operand,
    pads: Operand,
    number: Operand | None = None,
    axes: Operand | None = None,
    *,
    mode: str = "constant",
) -> Value:
    """Padding along logical axes: a constant, or elements that are mirrored, of the edge, or of the opposite side."""
    value = context.value(x)
    rank = len(value.layout)
    counts = constant_ints(pads, "the padding")
    chosen = [axis % rank for axis in constant_ints(axes, "the list of axes")] or list(range(rank))
    borders = [(0, 0)] * rank
    for axis, before, after in zip(chosen, counts[: len(chosen)], counts[len(chosen) :], strict=True):
        borders[axis] = (before, after)
    if any(count < 0 for border in borders for count in border):
        raise CannotLowerError("a padding is negative")
    physical = tuple(borders[axis] for axis in value.layout)
    if mode == "constant":
        if isinstance(number, Value):
            raise CannotLowerError("a padding value that the network computes; it must be constant")
        return pad_physical(context, value, physical, 0.0 if number is None else float(number.reshape(-1)[0]))
    if mode not in ("reflect", "edge", "wrap"):
        raise CannotLowerError(f"a padding of mode {mode!r}, which is not one of ONNX's")
    widest = [max(border) + (mode == "reflect") for border in physical]
    if mode != "edge" and any(width > extent for width, extent in zip(widest, value.physical, strict=True)):
        raise CannotLowerError("more mirrored or wrapped elements than the axis has")
    if mode == "reflect" and max(widest) > _FEW + 1:
        return _mirrored(context, value, physical)
    for axis, (before, after) in enumerate(physical):
        value = _bordered(context, value, axis, *_lines(mode, value.physical[axis], before, after))
    return value


def repeat_edges(context: Context, image: Value, pads: Sequence[tuple[int, int]]) -> Value:
    """The image (N, H, W, C) with its first and last rows and columns repeated."""
    for axis, (before, after) in zip((1, 2), pads, strict=True):
        image = _bordered(context, image, axis, *_lines("edge", image.physical[axis], before, after))
    return image


def _mirrored(context: Context, value: Value, pads: Sequence[tuple[int, int]]) -> Value:
    physical = tuple(extent + sum(pad) for extent, pad in zip(value.physical, pads, strict=True))
    shape, borders = as_image(value.physical, tuple(pads))
    result = tuple(extent + sum(pad) for extent, pad in zip(shape, borders, strict=True))
    operands = [context.builder.stored(value, shape), context.builder.ints(borders)]
    tensor = context.emit("MIRROR_PAD", operands, result, schema.MirrorPadOptionsT(mode=schema.MirrorPadMode.REFLECT))
    return Value(tensor, physical, value.layout)


def _lines(mode: str, extent: int, before: int, after: int) -> tuple[list[range], list[range]]:
    """The lines on each side, as runs of adjacent ones."""
    if mode == "wrap":
        return [range(extent - before, extent)] * (before > 0), [range(after)] * (after > 0)
    if mode == "edge":
        return [range(1)] * before, [range(extent - 1, extent)] * after
    mirrored = [*range(before, 0, -1)], [*range(extent - 2, extent - 2 - after, -1)]
    first, last = ([range(line, line + 1) for line in lines] for lines in mirrored)
    return first, last


def _bordered(context: Context, value: Value, axis: int, before: list[range], after: list[range]) -> Value:
    """A value between copies of its own lines along a physical axis."""
    if not before and not after:
        return value
    lines = parts(context, value, axis, [*before, *after])
    sides = [lines[: len(before)], lines[len(before) :]]
    if len(lines) >= JOINED:  # each side first, so that the value itself is copied once
        sides = [[joined(context, side, axis)] if side else [] for side in sides]
    return joined(context, [*sides[0], value, *sides[1]], axis)
