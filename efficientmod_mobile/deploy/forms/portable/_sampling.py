"""Grids of places in an image.

    affine_grid(theta)  =  base @ theta^T              base (H W, 3) holds (x, y, 1) of every pixel

(Jaderberg et al. 2015, "Spatial transformer networks".)
"""

import torch
from torch import fx

from efficientmod_mobile.deploy.forms._form import Form, Write
from efficientmod_mobile.deploy.program import add_parameter, arguments, emit, node_dtype, shape

aten = torch.ops.aten


def _affine_grid(node: fx.Node) -> Write | None:
    bound = arguments(node)
    theta, sizes = bound["theta"], list(bound["size"])
    if len(sizes) != 4:
        return None
    identity = torch.eye(2, 3, dtype=torch.float64)[None].repeat(sizes[0], 1, 1)
    grid = aten.affine_grid_generator.default(identity, sizes, bound["align_corners"])
    places = grid.reshape(sizes[0], -1, 2)
    base = torch.cat([places, torch.ones_like(places[..., :1])], 2)

    def write() -> fx.Node:
        held = add_parameter(node, f"{node.name}_base", base.to(node_dtype(theta)))
        transposed = emit(node, aten.permute.default, (theta, [0, 2, 1]))
        product = emit(node, aten.matmul.default, (held, transposed))
        return emit(node, aten.reshape.default, (product, list(shape(node))))

    return write


FORMS: dict[object, Form] = {aten.affine_grid_generator.default: _affine_grid}
