"""A depthwise convolution with a large kernel becomes a sum of depthwise convolutions with small, dilated ones.

    y[p] = sum_k w[k] x[p + k]  =  sum_i sum_{k in K_i} w[k] x[p + k]         the kernel's taps K = K_1 + K_2 + ...

XNNPACK, which ExecuTorch and TFLite run on a phone's CPU, has depthwise kernels for up to 25 taps; a larger one runs
as a general convolution of one channel per group, which leaves all but one lane of the vector unit idle. Each K_i is
a grid of at most 25 taps, evenly spaced and symmetric about the kernel's centre, so that it is a convolution with a
dilation and a padding alike on both sides: no padding or slicing of its own. Its border is the original's, for any
stride. A 7x7 kernel becomes 3x7 + 4x5 + 4x2 taps: every second row, the rows between without the outer columns, and
these columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import Transform, register
from efficientmod_mobile.deploy.analysis import Layer, Refuse, bias_name, layer_of
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, is_call, replace

aten = torch.ops.aten

Taps = tuple[int, ...]
"""Places along one axis of the kernel, ascending."""

TILES = (3, 4, 9, 25)
"""Taps of XNNPACK's depthwise kernels; a convolution runs on the next larger one, at its full cost."""
LARGEST_KERNEL = 11
_COST_OF_A_PIECE = 7  # in taps: the pass over memory that adds its result, measured on x86 with AVX-512


@dataclass(frozen=True)
class Pieces:
    """A depthwise convolution, and the grids of rows and columns to cut its kernel into."""

    layer: Layer
    grids: tuple[tuple[Taps, Taps], ...]


@register
class SplitDepthwise(Transform[Pieces]):
    """Split depthwise convolutions of more than 25 taps."""

    name: ClassVar[str] = "split_depthwise"

    def check(self, node: fx.Node) -> Pieces | Refuse | None:
        """Match a depthwise convolution with a kernel that has no fast implementation."""
        if not is_call(node, aten.conv2d.default, aten.conv2d.padding):
            return None
        layer = layer_of(node)
        if isinstance(layer, Refuse):
            return layer if arguments(node)["groups"] > 1 else None
        rows, columns = layer.kernel
        if layer.groups == 1 or tuple(layer.weight.shape[:2]) != (layer.groups, 1) or rows * columns <= TILES[-1]:
            return None
        if max(rows, columns) > LARGEST_KERNEL:
            return Refuse(f"its kernel is larger than {LARGEST_KERNEL} x {LARGEST_KERNEL}")
        if layer.padding is None:
            return Refuse("it pads its two sides differently")
        _, grids = best_grids(tuple(range(rows)), tuple(range(columns)))
        for grid in grids:
            if min(_padding(layer, grid)) < 0:
                return Refuse("it pads too little for a grid that leaves the kernel's border out")
        return Pieces(layer, grids)

    def rewrite(self, match: Pieces) -> None:
        """Write a convolution per grid, adding up; the first has the bias."""
        node, layer = match.layer.node, match.layer
        name = str(arguments(node)["weight"].target)
        total: fx.Node | None = None
        for grid in match.grids:
            rows, columns = grid
            weight = add_parameter(node, name, layer.weight[:, :, list(rows)][:, :, :, list(columns)])
            bias = None
            if total is None and layer.bias is not None:
                bias = add_parameter(node, bias_name(name), layer.bias)
            dilation = [_step(taps) * scale for taps, scale in zip(grid, layer.dilation, strict=True)]
            geometry = (list(layer.stride), _padding(layer, grid), dilation, layer.groups)
            part = emit(node, aten.conv2d.default, (layer.input, weight, bias, *geometry))
            total = part if total is None else emit(node, aten.add.Tensor, (total, part))
        if total is not None:
            replace(node, total)


def _padding(layer: Layer, grid: tuple[Taps, Taps]) -> list[int]:
    if layer.padding is None:
        raise AssertionError("check refuses uneven padding")
    return [
        padding - taps[0] * dilation
        for padding, taps, dilation in zip(layer.padding, grid, layer.dilation, strict=True)
    ]


def _step(taps: Taps) -> int:
    return taps[1] - taps[0] if len(taps) > 1 else 1


@cache
def best_grids(rows: Taps, columns: Taps) -> tuple[float, tuple[tuple[Taps, Taps], ...]]:
    """Cut a symmetric set of rows x columns into symmetric grids at the least cost; the largest grid comes first.

    Cuts are straight through the whole set, as a guillotine's; each takes an evenly spaced symmetric set of rows
    or of columns off.
    """
    taps = len(rows) * len(columns)
    best: tuple[float, tuple[tuple[Taps, Taps], ...]] = (float("inf"), ())
    if taps <= TILES[-1] and _even(rows) and _even(columns):
        best = (min(tile for tile in TILES if tile >= taps) + _COST_OF_A_PIECE, ((rows, columns),))
    for part, rest in _cuts(rows):
        best = min(best, _joined(best_grids(part, columns), best_grids(rest, columns)), key=_cost)
    for part, rest in _cuts(columns):
        best = min(best, _joined(best_grids(rows, part), best_grids(rows, rest)), key=_cost)
    return best


def _cost(plan: tuple[float, tuple[tuple[Taps, Taps], ...]]) -> tuple[float, int]:
    return plan[0], len(plan[1])


def _joined(
    first: tuple[float, tuple[tuple[Taps, Taps], ...]], second: tuple[float, tuple[tuple[Taps, Taps], ...]]
) -> tuple[float, tuple[tuple[Taps, Taps], ...]]:
    grids = sorted(first[1] + second[1], key=lambda grid: -len(grid[0]) * len(grid[1]))
    return first[0] + second[0], tuple(grids)


def _even(taps: Taps) -> bool:
    return all(taps[i + 1] - taps[i] == _step(taps) for i in range(len(taps) - 1))


def _cuts(taps: Taps) -> Iterator[tuple[Taps, Taps]]:
    """Every way to take an evenly spaced, symmetric part off a symmetric set, the outermost taps in one of the two."""
    count = len(taps)
    for mask in range(1, 2 ** ((count + 1) // 2) - 1):
        part = tuple(tap for i, tap in enumerate(taps) if mask >> min(i, count - 1 - i) & 1)
        if _even(part):
            yield part, tuple(tap for tap in taps if tap not in part)
