"""Matrix products: with a constant matrix FULLY_CONNECTED, between two computed values BATCH_MATMUL."""

from math import prod

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .._builder import MAX_RANK
from .._graph import Array, Shape
from .._layout import Layout, Value, last_axis_innermost, moves, natural, padded
from ._broadcast import binary
from ._registry import Context, Operand, lowers
from ._slicing import joined, parts

_WIDEST = 1 << 15
"""The most columns of the right side; with more, a GPU computes wrong values."""


@lowers("Linear")
def linear(context: Context, x: Operand, weight: Array, bias: Array) -> Value:
    """y = x @ weight.T + bias on the last axis; weight (O, I). The other axes keep their order in memory."""
    value = context.value(x)
    rank = len(value.layout)
    if moves(value, last_axis_innermost(value.layout, rank - 1)) and is_left_product(value, rank - 1):
        return left_product(context, value, rank - 1, weight, bias)
    return right_product(
        context, context.builder.arranged(value, last_axis_innermost(value.layout, rank - 1)), weight, bias
    )


def right_product(context: Context, value: Value, weight: Array, bias: Array) -> Value:
    """The product x @ weight.T + bias along the innermost axis; weight (O, I)."""
    outputs, inputs = weight.shape
    shape, rank = context.builder.shape(value), len(value.layout)
    # On a CPU LiteRT reads rows of the weight's width from an input of any shape; on a GPU it reads the last axis.
    # Another shape costs only a RESHAPE; keeping the axes would need a newer runtime.
    keep = shape[-1] == inputs and 2 < len(shape) <= MAX_RANK and rank > 2
    one_row = shape[-1] == inputs == value.size and len(shape) > 1
    rows = shape if keep or one_row else (value.size // inputs, inputs)
    result = (*shape[:-1], outputs) if keep else (value.size // inputs, outputs)
    options = schema.FullyConnectedOptionsT(keepNumDims=keep)
    operands = [
        context.builder.stored(value, rows),
        context.constant(weight, "weight"),
        context.constant(bias, "bias"),
    ]
    tensor = context.emit("FULLY_CONNECTED", operands, result, options)
    return Value(tensor, (*value.physical[:-1], outputs), value.layout)


@lowers("MatMul")
def matmul(context: Context, a: Operand, b: Operand) -> Value:
    """The batched product (..., M, K) x (..., K, N), batch axes broadcast."""
    left, right = context.value(a), context.value(b)
    rank = max(len(left.layout), len(right.layout))
    left, right = padded(left, rank), padded(right, rank)
    left = _matrices_innermost(context, left, ordered=True)
    right = _matrices_innermost(context, right, ordered=False)
    transposed = right.layout[-1] == rank - 2
    (rows, inner), columns = left.physical[-2:], right.physical[-2 if transposed else -1]
    batch = np.broadcast_shapes(left.physical[:-2], right.physical[:-2])
    if left.physical[:-2] == batch and right.size == prod(right.physical[-2:]):
        shapes = [(left.size // inner, inner), right.physical[-2:], (left.size // inner, columns)]
    else:
        left, right = (_repeated(context, value, batch) for value in (left, right))
        shapes = [left.physical, right.physical, (*batch, rows, columns)]
        if rank > MAX_RANK:
            shapes = [(prod(shape[:-2]), *shape[-2:]) for shape in shapes]
    options = schema.BatchMatMulOptionsT(adjY=transposed)
    data = context.builder.tensors[left.tensor].data
    first = context.builder.stored(left, shapes[0]) if data is None else computed(context, data.reshape(shapes[0]))
    operands = [first, context.builder.stored(right, shapes[1])]
    tensor = context.emit("BATCH_MATMUL", operands, shapes[2], options)
    return Value(tensor, (*batch, rows, columns), tuple(range(rank)))


def _repeated(context: Context, value: Value, batch: Shape) -> Value:
    """The matrices of a value, repeated to the batch axes: on a GPU, a product whose batches differ is wrong."""
    if value.physical[:-2] == batch:
        return value
    data = context.builder.tensors[value.tensor].data
    if data is not None:
        repeated = np.broadcast_to(data.reshape(value.physical), (*batch, *value.physical[-2:]))
        return Value(context.constant(repeated, "repeated"), repeated.shape, value.layout)
    return binary(context, "MUL", value, np.ones((*batch, 1, 1), np.float32), schema.MulOptionsT())


def _matrices_innermost(context: Context, value: Value, *, ordered: bool) -> Value:
    """Batch axes first, in order; then the matrix axes, in order or, unless `ordered`, as they are in memory."""
    rank = len(value.layout)
    batch: Layout = tuple(range(rank - 2))
    matrix: Layout = (rank - 2, rank - 1)
    if not ordered and value.layout.index(rank - 1) < value.layout.index(rank - 2):
        matrix = (rank - 1, rank - 2)
    return context.builder.arranged(value, batch + matrix)


def _left_product(context: Context, left: int, outputs: int, rows: Value) -> Value:
    shape = (outputs, rows.physical[1])
    operands = [left, context.builder.stored(rows)]
    return Value(context.emit("BATCH_MATMUL", operands, shape, schema.BatchMatMulOptionsT()), shape, natural(2))


def computed(context: Context, matrices: Array) -> int:
    """The tensor of constant matrices where a GPU refuses a constant, as on the left side of a product: two halves,
    concatenated at run time.
    """
    axis = int(np.argmax(matrices.shape))
    if matrices.shape[axis] == 1:
        return context.constant(matrices, "weight")
    halves = np.array_split(matrices, 2, axis)
    tensors = [context.constant(half, f"weight/{place}") for place, half in enumerate(halves)]
    return context.emit("CONCATENATION", tensors, matrices.shape, schema.ConcatenationOptionsT(axis=axis))


def is_left_product(value: Value, axis: int) -> bool:
    """Whether a logical axis is outermost in memory, apart from axes of one element."""
    return prod(value.physical[: value.layout.index(axis)]) == 1


def left_product(context: Context, value: Value, axis: int, weight: Array, bias: Array) -> Value:
    """Weight @ x + bias along the outermost axis; weight (O, I). A FULLY_CONNECTED would need a transpose of x."""
    place = value.layout.index(axis)
    (outputs, inputs), inner = weight.shape, prod(value.physical[place + 1 :])
    left, rows = computed(context, weight), Value(value.tensor, (inputs, inner), natural(2))
    runs = [range(start, min(start + _WIDEST, inner)) for start in range(0, inner, _WIDEST)]
    pieces = parts(context, rows, 1, runs) if len(runs) > 1 else [rows]
    product = joined(context, [_left_product(context, left, outputs, piece) for piece in pieces], 1)
    if bias.any():
        product = binary(context, "ADD", product, bias.reshape(-1, 1), schema.AddOptionsT())
    physical = (*value.physical[:place], outputs, *value.physical[place + 1 :])
    return Value(product.tensor, physical, value.layout)
