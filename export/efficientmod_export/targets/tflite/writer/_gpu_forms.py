"""Operators that a GPU computes wrongly, and that appear only in the written graph; an operator more avoids each.

Operators that a GPU fuses wrongly:     ADD, MUL by 1, REDUCE_MAX
                                        PADV2, MUL by 1, CONV_2D
Operators that combine channels after a division by the zeros with which a GPU pads the channels:
                                        RESHAPE to another number of channels, MUL by 1, RESHAPE back
Outputs that a GPU does not write, since it joins their operator to the one that reads them:
                                        RESHAPE to the same shape, whose result is the output

The second removes the padding. The product keeps the GPU from removing both RESHAPE operators.
"""

from collections.abc import Collection, Sequence
from math import prod

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._file import Operator as Seen
from .._file import Tensor as SeenTensor
from .._gpu_lanes import LANES, find_paddings, is_spread
from .._gpu_limits import BORDER_OF_NUMBERS, GREATEST_OF_SUM, JOINED_RESULT, PADDING, POOLED_BORDER, SUMMED_PADDING
from ._builder import Builder
from ._graph import Shape

_JOINED = (GREATEST_OF_SUM, POOLED_BORDER, BORDER_OF_NUMBERS)


def form_for_gpus(builder: Builder, outputs: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Insert them where they are needed, in place, and return the outputs by name."""
    seen = _operators(builder, {tensor for _, tensor in outputs})
    find_paddings(seen)
    operators, builder.operators = builder.operators, []
    cleared: dict[int, int] = {}
    for operator, view in zip(operators, seen, strict=True):
        builder.scope = builder.tensors[operator.outputs[0]].name
        if any(limit.matches(view) for limit in _JOINED):
            operator.inputs[0] = _times_one(builder, operator.inputs[0])
        elif PADDING.matches(view) or SUMMED_PADDING.matches(view):
            for place, tensor in enumerate(view.inputs):
                index = operator.inputs[place]
                if is_spread(tensor):
                    operator.inputs[place] = cleared.setdefault(index, cleared.get(index) or _cleared(builder, index))
        builder.operators.append(operator)
    lost = {operator.outputs[0] for operator, view in zip(operators, seen, strict=True) if JOINED_RESULT.matches(view)}
    return [(name, _copied(builder, tensor) if tensor in lost else tensor) for name, tensor in outputs]


def _copied(builder: Builder, tensor: int) -> int:
    copy = builder.copied(tensor)
    builder.tensors[copy].name = builder.tensors[tensor].name
    return copy


def _operators(builder: Builder, outputs: Collection[int]) -> list[Seen]:
    tensors = [
        SeenTensor(item.name, item.shape, item.data, shown=index in outputs)
        for index, item in enumerate(builder.tensors)
    ]
    made = []
    for item in builder.operators:
        operator = Seen(
            item.code,
            tuple(tensors[index] for index in item.inputs),
            tuple(tensors[index] for index in item.outputs),
            item.options,
        )
        operator.join()
        made.append(operator)
    return made


def _times_one(builder: Builder, tensor: int) -> int:
    shape, dtype = builder.tensors[tensor].shape, builder.tensors[tensor].dtype
    one = builder.constant(np.ones((1,), dtype), "one")
    return builder.emit("MUL", [tensor, one], shape, schema.MulOptionsT())


def _cleared(builder: Builder, tensor: int) -> int:
    """The same values, with new padding of the channels."""
    shape = builder.tensors[tensor].shape
    return builder.reshaped(_times_one(builder, builder.reshaped(tensor, _without_padding(shape))), shape)


def _without_padding(shape: Shape) -> Shape:
    size = prod(shape)
    width = LANES if size % LANES == 0 else 1
    return (1, 1, size // width, width)
