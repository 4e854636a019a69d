"""Grouped convolutions of one pixel whose weights lie on a grid, as dense ones with zeros between the groups.

    y_g = W_g x_g  of each group g    ->    y = diag(W_1, W_2, ...) x

For files whose layers read int8 weights: LiteRT's GPU accelerator computes the grouped form wrongly there.
"""

import numpy as np

from efficientmod_export.quantisation import grid_scales

from ._builder import Builder

_WEIGHT = 1


def fill_grouped_points(builder: Builder) -> None:
    """Replace the weights in place."""
    for operator in builder.operators:
        if operator.code != "CONV_2D":
            continue
        weight = builder.tensors[operator.inputs[_WEIGHT]]
        channels, own = builder.tensors[operator.inputs[0]].shape[-1], weight.shape[-1]
        on_grid = weight.data is not None and weight.dtype == np.float32 and grid_scales(weight.data) is not None
        if weight.data is None or not on_grid or own == channels or weight.shape[1:3] != (1, 1):
            continue
        dense = np.zeros((*weight.shape[:-1], channels), weight.data.dtype)
        rows = weight.shape[0] * own // channels
        for place in range(channels // own):
            here = slice(place * rows, (place + 1) * rows)
            dense[here, ..., place * own : (place + 1) * own] = weight.data[here]
        operator.inputs[_WEIGHT] = builder.constant(dense, weight.name)
