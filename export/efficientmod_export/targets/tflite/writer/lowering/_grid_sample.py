"""Sampling an image at points that the network computes: GridSample, as GATHER from the list of its pixels.

    y[p] = sum over the four pixels q around p of w(p, q) x[q]          w = (1 - |dx|) (1 - |dy|)

Outside the image are zeros (added as a border, so that no point needs a mask), the edge's pixels, or the mirrored
image. (Jaderberg et al. 2015, "Spatial transformer networks".)
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._errors import CannotLowerError
from .._layout import NHWC, Value, natural
from ._broadcast import binary, scalar, unary
from ._comparisons import cast
from ._padding import image_of, pad_image
from ._registry import Context, Operand, lowers


@dataclass(frozen=True)
class _Numbers:
    """Arithmetic on a column of numbers."""

    context: Context

    def plus(self, a: Value, b: Value | float) -> Value:
        return binary(self.context, "ADD", a, _operand(b), schema.AddOptionsT())

    def minus(self, a: Value | float, b: Value | float) -> Value:
        return binary(self.context, "SUB", _operand(a), _operand(b), schema.SubOptionsT())

    def times(self, a: Value, b: Value | float) -> Value:
        return binary(self.context, "MUL", a, _operand(b), schema.MulOptionsT())

    def within(self, a: Value, low: float, high: float) -> Value:
        above = binary(self.context, "MAXIMUM", a, _operand(low), schema.MaximumMinimumOptionsT())
        return binary(self.context, "MINIMUM", above, _operand(high), schema.MaximumMinimumOptionsT())

    def floor(self, a: Value) -> Value:
        return unary(self.context, "FLOOR", a)

    def nearest(self, a: Value) -> Value:
        return unary(self.context, "ROUND", a)

    def mirrored(self, a: Value, low: float, span: float) -> Value:
        """A triangle wave between low and low + span, for alternating images and mirror images."""
        if span <= 0:
            return self.times(a, 0.0)
        away = unary(self.context, "ABS", self.minus(a, low), schema.AbsOptionsT())
        phase = binary(self.context, "FLOOR_MOD", away, _operand(2 * span), schema.FloorModOptionsT())
        back = unary(self.context, "ABS", self.minus(phase, span), schema.AbsOptionsT())
        return self.minus(low + span, back)


def _operand(number: Value | float) -> Operand:
    return number if isinstance(number, Value) else scalar(number)


@lowers("GridSample")
def grid_sample(
    context: Context,
    x: Operand,
    grid: Operand,
    *,
    align_corners: int = 0,
    mode: str = "linear",
    padding_mode: str = "zeros",
) -> Value:
    """The images at each point of their grids (N, H, W, 2), whose x and y are -1 to 1 from one side to the other."""
    image = image_of(context, context.value(x))
    places = context.builder.arranged(context.value(grid), natural(4))
    if mode not in ("linear", "bilinear", "nearest"):
        raise CannotLowerError(f"a mode {mode!r}; linear and nearest are supported")
    height, width = image.physical[1:3]
    numbers = _Numbers(context)
    ring = 1 if padding_mode == "zeros" else 0
    if ring:
        image = pad_image(context, image, ((1, 1), (1, 1)))
    taken = partial(_pixels, context, image)
    columns, lines = (
        _in_pixels(context, numbers, places, index, size, padding_mode, aligned=bool(align_corners))
        for index, size in ((0, width), (1, height))
    )
    if mode == "nearest":
        sampled = taken(
            *(_shifted(numbers, numbers.nearest(at), size, ring) for at, size in ((columns, width), (lines, height)))
        )
    else:
        sampled = _between(numbers, taken, columns, lines, (width, height), ring)
    shape = (*places.physical[:3], image.physical[3])
    return Value(context.builder.stored(sampled, shape), shape, NHWC)


def _in_pixels(
    context: Context, numbers: _Numbers, places: Value, index: int, size: int, padding: str, *, aligned: bool
) -> Value:
    """One coordinate of all points, (P, 1), in pixels from the centre of the first pixel."""
    count = prod(places.physical[:3])
    source = context.builder.stored(places, (count, 2))
    begin, part = context.builder.ints([0, index]), context.builder.ints([count, 1])
    tensor = context.emit("SLICE", [source, begin, part], (count, 1), schema.SliceOptionsT())
    scale = (size - 1 if aligned else size) / 2
    at = numbers.plus(numbers.times(Value(tensor, (count, 1), natural(2)), scale), (size - 1) / 2)
    if padding == "zeros":
        return numbers.within(at, -1.0, size)
    if padding == "reflection":
        at = numbers.mirrored(at, 0.0, size - 1) if aligned else numbers.mirrored(at, -0.5, size)
    return numbers.within(at, 0.0, size - 1)


def _shifted(numbers: _Numbers, at: Value, size: int, ring: int) -> Value:
    """An integer coordinate in the image with its border of zeros."""
    inside = numbers.within(at, -ring, size - 1 + ring)
    return numbers.plus(inside, 1.0) if ring else inside


def _between(
    numbers: _Numbers,
    taken: Callable[[Value, Value], Value],
    columns: Value,
    lines: Value,
    sizes: tuple[int, int],
    ring: int,
) -> Value:
    """The weighted sum of the four pixels around each point."""
    pairs = []
    for at, size in ((columns, sizes[0]), (lines, sizes[1])):
        first = numbers.floor(at)
        share = numbers.minus(at, first)
        near = _shifted(numbers, first, size, ring)
        far = _shifted(numbers, numbers.plus(first, 1.0), size, ring)
        pairs.append(((near, numbers.minus(1.0, share)), (far, share)))
    total: Value | None = None
    for line, tall in pairs[1]:
        for column, wide in pairs[0]:
            part = numbers.times(taken(column, line), numbers.times(tall, wide))
            total = part if total is None else numbers.plus(total, part)
    if total is None:
        raise AssertionError("there are four pixels")
    return total


def _pixels(context: Context, images: Value, column: Value, line: Value) -> Value:
    """The pixels at whole places, (P, C), as many of each image. They are counted in integers: float16 on a GPU counts
    to 2048.
    """
    batch, height, width, channels = images.physical
    count = line.physical[0]
    builder = context.builder
    down, right = (builder.stored(cast(context, item, np.int32), (count,)) for item in (line, column))
    start = context.emit("MUL", [down, builder.constant(np.asarray([width], np.int32))], (count,), schema.MulOptionsT())
    place = context.emit("ADD", [start, right], (count,), schema.AddOptionsT())
    if batch > 1:
        wide = (1, 1, 1, count)  # a GPU adds only a constant of four axes
        first = np.repeat(np.arange(batch, dtype=np.int32) * height * width, count // batch).reshape(wide)
        added = [builder.reshaped(place, wide), builder.constant(first, "images")]
        place = builder.reshaped(context.emit("ADD", added, wide, schema.AddOptionsT()), (count,))
    operands = [builder.stored(images, (batch * height * width, channels)), place]
    shape = (count, channels)
    tensor = context.emit("GATHER", operands, shape, schema.GatherOptionsT(axis=0))
    return Value(tensor, shape, natural(2))
