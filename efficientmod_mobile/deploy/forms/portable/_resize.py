"""Resizing as products with two constant matrices, one for each axis.

    resize(x) = A_h x A_w^T         A (after, before), the weights of the pixels that each new pixel is made of

Every mode but area is separable, and its weights do not depend on x. A resize stays as it is where all runtimes have
it: bilinear or nearest where the scale is that of the sizes.
"""

from typing import Any

import torch
from torch import Tensor, fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.forms.portable._matrices_and_places import matrix_of
from efficientmod_mobile.deploy.program import along, arguments, shape

aten = torch.ops.aten

_LARGEST = 1 << 24
"""Elements of a matrix, for sides of some thousand pixels."""

_OTHERS = 2

_BILINEAR = (aten.upsample_bilinear2d.vec, aten.upsample_bilinear2d.default)
_NEAREST = (aten.upsample_nearest2d.vec, aten.upsample_nearest2d.default)
_EXACT = (aten._upsample_nearest_exact2d.vec, aten._upsample_nearest_exact2d.default)


def _resize(node: fx.Node) -> Write | None:
    return None if _is_everywhere(node, shape(resized(node))[2:], shape(node)[2:]) else resize_in_products(node)


def resized(node: fx.Node) -> fx.Node:
    """The image that a resize takes."""
    image: fx.Node = arguments(node)["input" if node.target._overloadname == "vec" else "self"]  # type: ignore[union-attr]
    return image


def resize_in_products(node: fx.Node) -> Write | None:
    """A resize in products; None of integers, and where a matrix has too many elements."""
    image = resized(node)
    before, after = shape(image)[2:], shape(node)[2:]
    if not image.meta["val"].is_floating_point():
        return None
    if any(rows * columns > _LARGEST for rows, columns in zip(before, after, strict=True)):
        return None

    def write() -> fx.Node:
        x: fx.Node = image
        # The axis that shrinks most comes first.
        for place in sorted(range(len(after)), key=lambda place: after[place] / before[place]):
            matrix = _matrix(node, place, before, after)
            if matrix.shape[0] != matrix.shape[1] or not torch.equal(matrix, torch.eye(len(matrix)).double()):
                x = along(node, x, 2 + place, matrix)
        return x

    return write


def _is_everywhere(node: fx.Node, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether all runtimes have this resize."""
    pairs = list(zip(before, after, strict=True))
    if node.target not in (*_BILINEAR, *_NEAREST) or (node.target in _BILINEAR and min(after) == 1):
        return False
    stated = _stated_scales(node)
    return bool(arguments(node).get("align_corners")) or all(
        scale is None or abs(scale * old - new) < 1e-6 * new for scale, (old, new) in zip(stated, pairs, strict=True)
    )


def _stated_scales(node: fx.Node) -> list[float | None]:
    bound = arguments(node)
    if "scale_factors" in bound:
        return list(bound["scale_factors"] or [None] * (len(shape(node)) - 2))
    return [bound["scales_h"], bound["scales_w"]]


def _matrix(node: fx.Node, place: int, before: tuple[int, ...], after: tuple[int, ...]) -> Tensor:
    """The matrix of one axis: what the operator makes of images that are two equal pixels along the others.

    (Of images of one column, PyTorch 2.9's antialiased kernels resize no rows.)
    """
    count = len(after)
    bound = arguments(node)
    arguments_: dict[str, Any] = {name: value for name, value in bound.items() if name not in ("input", "self")}
    for name, alone in (("output_size", _OTHERS), ("scale_factors", 1.0)):
        if arguments_.get(name) is not None:
            arguments_[name] = [arguments_[name][place] if axis == place else alone for axis in range(count)]
    axis_names = ("scales_d", "scales_h", "scales_w")[3 - count :]
    for axis, name in enumerate(axis_names):
        if name in arguments_ and axis != place:
            arguments_[name] = None

    def operator(rows: Tensor) -> Tensor:
        line = rows.reshape(1, len(rows), *(before[place] if axis == place else 1 for axis in range(count)))
        others = [-1 if axis == place else _OTHERS for axis in range(count)]
        resized: Tensor = node.target(line.expand(1, -1, *others).contiguous(), **arguments_)  # type: ignore[operator]
        return resized.movedim(2 + place, 2).flatten(3)[0, :, :, 0] if count > 1 else resized[0]

    return matrix_of(operator, before[place])


FORMS: dict[object, Form] = dict.fromkeys(
    (
        *_BILINEAR,
        *_NEAREST,
        *_EXACT,
        aten.upsample_bicubic2d.vec,
        aten.upsample_bicubic2d.default,
        aten._upsample_bilinear2d_aa.vec,
        aten._upsample_bilinear2d_aa.default,
        aten._upsample_bicubic2d_aa.vec,
        aten._upsample_bicubic2d_aa.default,
        aten.upsample_linear1d.vec,
        aten.upsample_nearest1d.vec,
        aten._upsample_nearest_exact1d.vec,
        aten.upsample_trilinear3d.vec,
        aten.upsample_nearest3d.vec,
        aten._upsample_nearest_exact3d.vec,
    ),
    _resize,
)
