"""Layers that read and give int8: those between a DEQUANTIZE and a QUANTIZE, whose weights lie on a grid.

    QUANTIZE(layer(DEQUANTIZE(a), W, b))    ->    layer of int8 (a, Q, b / (s_a s))          W = s Q, row by row

Both have the grids of a and of the result. The bias is int32 in steps s_a s of its row. A RESHAPE, TRANSPOSE or PAD
between them moves to the int8 side. A layer that is not between two such operators stays as it is.
"""

from collections.abc import Collection

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from efficientmod_export.quantisation import grid_scales, in_steps

from ._builder import Builder, Operator, Tensor

_LAYERS = ("CONV_2D", "FULLY_CONNECTED")
_MOVES = ("RESHAPE", "TRANSPOSE", "PAD")
"""What computes no numbers; PAD adds zeros, of int8 the level of zero."""
_WEIGHT, _BIAS = 1, 2
_LARGEST_BIAS = 2**31 - 1


def form_int8_products(builder: Builder, outputs: Collection[int]) -> None:
    """Replace the layers in place; `outputs` are the graph's."""
    _move_after_levels(builder)
    _move_before_levels(builder)
    wide = {operator.outputs[0]: operator for operator in builder.operators if operator.code == "DEQUANTIZE"}
    readers = _readers(builder)
    for operator in list(builder.operators):
        if operator.code not in _LAYERS or operator.inputs[0] not in wide:
            continue
        after = readers.get(operator.outputs[0], [])
        weight = builder.tensors[operator.inputs[_WEIGHT]]
        if len(after) != 1 or after[0].code != "QUANTIZE" or weight.data is None:
            continue
        scales = grid_scales(weight.data) if weight.dtype == np.float32 else None
        if scales is not None and _form(builder, operator, wide[operator.inputs[0]].inputs[0], scales):
            operator.outputs = list(after[0].outputs)
            builder.operators.remove(after[0])
    _drop_unread(builder, outputs)


def _form(builder: Builder, operator: Operator, given: int, scales: NDArray[np.float32]) -> bool:
    """Let a layer read the levels `given`; False, without a change, where its bias has no such steps."""
    weight, bias = (builder.tensors[operator.inputs[place]] for place in (_WEIGHT, _BIAS))
    step = builder.tensors[given].scales
    if weight.data is None or bias.data is None or step is None:
        return False
    steps = scales * step
    shifts = np.rint(bias.data.reshape(-1).astype(np.float64) / steps)
    if np.abs(shifts).max() > _LARGEST_BIAS:
        return False
    levels = np.rint(in_steps(weight.data, scales)).astype(np.int8)
    stored = Tensor(f"{weight.name}/int8", weight.shape, levels.dtype, levels, scales)
    shifted = Tensor(f"{bias.name}/int32", bias.shape, np.dtype(np.int32), shifts.astype(np.int32), steps)
    builder.tensors += [stored, shifted]
    operator.inputs = [given, len(builder.tensors) - 2, len(builder.tensors) - 1]
    return True


def _move_after_levels(builder: Builder) -> None:
    """DEQUANTIZE, move -> move, DEQUANTIZE: the move is written on the levels as well, for the layers behind it."""
    wide = {operator.outputs[0]: operator.inputs[0] for operator in builder.operators if operator.code == "DEQUANTIZE"}
    formed: list[Operator] = []
    for operator in builder.operators:
        formed.append(operator)
        levels = wide.get(operator.inputs[0]) if operator.code in _MOVES else None
        if levels is not None:
            moved = _levels_like(builder, levels, operator.outputs[0])
            result = operator.outputs[0]
            operator.inputs, operator.outputs = [levels, *operator.inputs[1:]], [moved]
            formed.append(Operator("DEQUANTIZE", [moved], [result], schema.DequantizeOptionsT()))
            wide[result] = moved
    builder.operators[:] = formed


def _move_before_levels(builder: Builder) -> None:
    """Layer, move, QUANTIZE -> layer, QUANTIZE, move, where nothing else reads what lies between."""
    for _ in _MOVES:  # one may follow the other
        readers, writers = _readers(builder), {one.outputs[0]: one for one in builder.operators}
        for operator in builder.operators:
            move = writers.get(operator.inputs[0]) if operator.code == "QUANTIZE" else None
            if move is None or move.code not in _MOVES or len(readers[move.outputs[0]]) != 1:
                continue
            levels = operator.outputs[0]
            before = _levels_like(builder, levels, move.inputs[0])
            given = move.inputs[0]
            # The operators exchange their places in the list, so that it stays in the order of computation.
            move.code, operator.code = operator.code, move.code
            move.options, operator.options = operator.options, move.options
            operator.inputs, operator.outputs = [before, *move.inputs[1:]], [levels]
            move.inputs, move.outputs = [given], [before]


def _levels_like(builder: Builder, levels: int, other: int) -> int:
    """A new tensor with the grid of `levels` and the shape of `other`."""
    grid, shape = builder.tensors[levels], builder.tensors[other].shape
    builder.tensors.append(Tensor(f"{grid.name}/moved", shape, grid.dtype, None, grid.scales, grid.zero))
    return len(builder.tensors) - 1


def _readers(builder: Builder) -> dict[int, list[Operator]]:
    readers: dict[int, list[Operator]] = {}
    for operator in builder.operators:
        for tensor in operator.inputs:
            readers.setdefault(tensor, []).append(operator)
    return readers


def _drop_unread(builder: Builder, outputs: Collection[int]) -> None:
    """Remove what only the float layers read: each DEQUANTIZE, and each move in float."""
    read = set(outputs)
    kept = []
    for operator in reversed(builder.operators):
        if operator.code not in ("DEQUANTIZE", *_MOVES) or operator.outputs[0] in read:
            kept.append(operator)
            read.update(operator.inputs)
    builder.operators[:] = kept[::-1]
