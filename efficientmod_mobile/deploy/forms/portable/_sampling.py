"""Grids of places in an image or a volume, and what lies there.

affine_grid(theta)       =  base @ theta^T                  base (places, axes + 1) holds (x, y, [z,] 1) of every place
grid_sample, bicubic     =  sum over 4 x 4 pixels of w_y(i) w_x(j) pixel(i, j)
grid_sample of a volume  =  sum over 2 x 2 x 2 pixels of w_z(k) w_y(i) w_x(j) pixel(k, i, j)

A pixel at computed integers is the nearest of a grid of them; a volume's is that of an image whose rows are its slices'
rows, one slice after the other. (Jaderberg et al. 2015, "Spatial transformer networks"; Keys 1981, a = -0.75.)
"""

from collections.abc import Sequence
from functools import reduce
from itertools import product

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, node_dtype, shape

aten = torch.ops.aten

NEAREST, BICUBIC = 1, 2
ZEROS, BORDER, REFLECTION = 0, 1, 2


def _affine_grid(node: fx.Node) -> Write | None:
    bound = arguments(node)
    theta, sizes = bound["theta"], list(bound["size"])
    axes = len(sizes) - 2
    identity = torch.eye(axes, axes + 1, dtype=torch.float64)[None].repeat(sizes[0], 1, 1)
    grid = aten.affine_grid_generator.default(identity, sizes, bound["align_corners"])
    places = grid.reshape(sizes[0], -1, axes)
    base = torch.cat([places, torch.ones_like(places[..., :1])], 2)

    def write() -> fx.Node:
        held = add_parameter(node, f"{node.name}_base", base.to(node_dtype(theta)))
        transposed = emit(node, aten.permute.default, (theta, [0, 2, 1]))
        product = emit(node, aten.matmul.default, (held, transposed))
        return emit(node, aten.reshape.default, (product, list(shape(node))))

    return write


class _At:
    """Inserts arithmetic before a node."""

    def __init__(self, node: fx.Node) -> None:
        self.node = node

    def add(self, x: fx.Node, y: fx.Node | float) -> fx.Node:
        return emit(self.node, aten.add.Tensor, (x, y))

    def mul(self, x: fx.Node, y: fx.Node | float) -> fx.Node:
        return emit(self.node, aten.mul.Tensor, (x, y))

    def sub(self, x: fx.Node, y: fx.Node) -> fx.Node:
        return emit(self.node, aten.sub.Tensor, (x, y))

    def floor(self, x: fx.Node) -> fx.Node:
        return emit(self.node, aten.floor.default, (x,))

    def clamp(self, x: fx.Node, least: float, most: float) -> fx.Node:
        return emit(self.node, aten.clamp.default, (x, least, most))

    def polynomial(self, x: fx.Node, *coefficients: float) -> fx.Node:
        """Horner's scheme; the highest power first, the constant last."""
        y = self.add(self.mul(x, coefficients[0]), coefficients[1])
        return reduce(lambda y, coefficient: self.add(self.mul(y, x), coefficient), coefficients[2:], y)

    def place(self, grid: fx.Node, axis: int, size: int, *, corners: bool) -> fx.Node:
        """One coordinate of the grid in pixels; 0 is the middle of the first."""
        y = emit(self.node, aten.slice.Tensor, (grid, len(shape(grid)) - 1, axis, axis + 1))
        return self.add(self.mul(y, (size - 1) / 2 if corners else size / 2), (size - 1) / 2)

    def reflected(self, x: fx.Node, size: int, *, corners: bool) -> fx.Node:
        """A coordinate mirrored at the first and the last pixel's middle (`corners`) or edge, and clipped."""
        edge, period = (0.0, size - 1) if corners else (-0.5, size)
        if not period:
            return self.mul(x, 0.0)
        away = emit(self.node, aten.abs.default, (self.add(x, -edge),))
        rest = emit(self.node, aten.remainder.Scalar, (away, 2.0 * period))
        # period - |rest - period| rises to the period and falls again
        fold = emit(self.node, aten.abs.default, (self.add(rest, -float(period)),))
        return self.clamp(self.add(self.mul(fold, -1.0), period + edge), 0.0, size - 1.0)

    def inside(self, x: fx.Node, size: int) -> fx.Node:
        """1 where an integer coordinate is a pixel's, else 0."""
        return self.clamp(self.add(self.mul(emit(self.node, aten.abs.default, (self.add(x, -(size - 1) / 2),)), -1.0),
                                   (size + 1) / 2), 0.0, 1.0)  # fmt: skip

    def pixels(self, image: fx.Node, row: fx.Node, column: fx.Node) -> fx.Node:
        """The pixels (N, C, h, w) at integer rows and columns (N, h, w, 1) within the image."""
        height, width = shape(image)[2:]
        places = [self.add(self.mul(one, 2 / size), 1 / size - 1) for one, size in ((column, width), (row, height))]
        grid = emit(self.node, aten.cat.default, (places, 3))
        return emit(self.node, aten.grid_sampler.default, (image, grid, NEAREST, BORDER, False))

    def as_image(self, x: fx.Node) -> fx.Node:
        """(N, h, w, 1) as (N, 1, h, w)."""
        return emit(self.node, aten.permute.default, (x, [0, 3, 1, 2]))


Taps = list[tuple[fx.Node, fx.Node]]
"""For each tap of an axis the pixel that is read, within the image, and its weight, as (N, h, w, 1)."""


def _taps(at: _At, x: fx.Node, size: int, mode: int, padding: int, *, corners: bool) -> Taps:
    if mode != BICUBIC and padding == BORDER:
        x = at.clamp(x, 0.0, size - 1.0)
    if mode != BICUBIC and padding == REFLECTION:
        x = at.reflected(x, size, corners=corners)
    if mode == NEAREST:
        return [_tap(at, emit(at.node, aten.round.default, (x,)), None, size, padding, corners=corners)]
    first = at.floor(x)
    beyond = at.sub(x, first)
    weights = _cubic(at, beyond) if mode == BICUBIC else [at.add(at.mul(beyond, -1.0), 1.0), beyond]
    start = -1 if mode == BICUBIC else 0
    return [
        _tap(at, at.add(first, float(start + index)), weight, size, padding, corners=corners)
        for index, weight in enumerate(weights)
    ]


def _tap(
    at: _At, pixel: fx.Node, weight: fx.Node | None, size: int, padding: int, *, corners: bool
) -> tuple[fx.Node, fx.Node]:
    if padding == ZEROS:
        inside = at.inside(pixel, size)
        weight = inside if weight is None else at.mul(weight, inside)
    if padding == REFLECTION:
        pixel = at.reflected(pixel, size, corners=corners)
    within = at.clamp(pixel, 0.0, size - 1.0)
    return within, at.add(at.mul(within, 0.0), 1.0) if weight is None else weight


def _cubic(at: _At, t: fx.Node) -> list[fx.Node]:
    """Keys' weights of the four pixels around a place t beyond the second of them."""
    a = -0.75
    rest = at.add(at.mul(t, -1.0), 1.0)
    return [
        at.polynomial(t, a, -2 * a, a, 0.0),
        at.polynomial(t, a + 2, -(a + 3), 0.0, 1.0),
        at.polynomial(rest, a + 2, -(a + 3), 0.0, 1.0),
        at.polynomial(rest, a, -2 * a, a, 0.0),
    ]


def _sampled(node: fx.Node) -> Write | None:
    bound = arguments(node)
    image, grid, mode = bound["input"], bound["grid"], bound["interpolation_mode"]
    sizes = shape(image)[2:]
    if len(sizes) == 2 and mode != BICUBIC:
        return None

    def write() -> fx.Node:
        at = _At(node)
        corners, padding = bound["align_corners"], bound["padding_mode"]
        batch, channels = shape(image)[:2]
        flat = image
        places = grid
        if len(sizes) == 3:
            flat = emit(node, aten.reshape.default, (image, [batch, channels, sizes[0] * sizes[1], sizes[2]]))
            places = emit(node, aten.reshape.default, (grid, [batch, shape(grid)[1] * shape(grid)[2], -1, 3]))
        axes = [
            _taps(at, at.place(places, axis, size, corners=corners), size, mode, padding, corners=corners)
            for axis, size in enumerate(reversed(sizes))
        ]
        y = _sum(at, flat, sizes, axes)
        return y if shape(y) == shape(node) else emit(node, aten.reshape.default, (y, list(shape(node))))

    return write


def _sum(at: _At, image: fx.Node, sizes: Sequence[int], axes: Sequence[Taps]) -> fx.Node:
    terms = []
    for taps in product(*axes):
        (column, _), *rows = taps
        row = rows[0][0] if len(rows) == 1 else at.add(at.mul(rows[1][0], float(sizes[1])), rows[0][0])
        weight = reduce(at.mul, (one for _, one in taps))
        terms.append(at.mul(at.pixels(image, row, column), at.as_image(weight)))
    return reduce(at.add, terms)


FORMS: dict[object, Form] = {
    aten.affine_grid_generator.default: _affine_grid,
    aten.grid_sampler.default: _sampled,
}
