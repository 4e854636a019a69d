"""A resize by a fraction as products with two constant matrices, as `portable/_resize.py` has other modes.

    nearest(x) = A_h x A_w^T            A (after, before), one 1 in each row

ExecuTorch's Vulkan runtime finds the nearest pixel by its centre, which is PyTorch's only for whole factors, and
aborts where the size times a stated factor is not whole.
"""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import fx

from efficientmod_mobile.deploy._transform import register
from efficientmod_mobile.deploy.forms._form import Form, Forms, Write
from efficientmod_mobile.deploy.forms.portable import resize_in_products, resized
from efficientmod_mobile.deploy.program import arguments, shape

aten = torch.ops.aten


def _nearest(node: fx.Node) -> Write | None:
    pairs = zip(shape(resized(node))[2:], shape(node)[2:], strict=True)
    whole = all(after % before == 0 for before, after in pairs)
    return _bilinear(node) if whole else resize_in_products(node)


def _bilinear(node: fx.Node) -> Write | None:
    scales = arguments(node).get("scale_factors")
    pairs = zip(shape(resized(node))[2:], shape(node)[2:], strict=True)
    cut = scales and any(scale * before != after for scale, (before, after) in zip(scales, pairs, strict=True))
    return resize_in_products(node) if cut else None


@register
class FractionalResize(Forms):
    """Write resizes that the runtime gets wrong in products."""

    name: ClassVar[str] = "fractional_resize"
    forms: ClassVar[Mapping[object, Form]] = {
        aten.upsample_nearest2d.vec: _nearest,
        aten.upsample_bilinear2d.vec: _bilinear,
    }
