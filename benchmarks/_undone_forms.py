"""Forms that a TFLite file has for a GPU's sake, undone in the file: what it would be for the processor alone.

Each function changes a model in the schema's object form, in place, and returns how often the form was there.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

Model = Any
_NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
_BINARY = ("ADD", "SUB", "MUL", "DIV")


def code_of(model: Model, operator: Any) -> str:
    """An operator's name in the schema."""
    item = model.operatorCodes[operator.opcodeIndex]
    return str(_NAMES[max(item.builtinCode, item.deprecatedBuiltinCode)])


def shape_of(model: Model, tensor: int) -> tuple[int, ...]:
    """() for a scalar."""
    shape = model.subgraphs[0].tensors[tensor].shape
    return () if shape is None else tuple(map(int, shape))


def constant(model: Model, tensor: int) -> Any:
    """The values of a stored float32 tensor, None for any other."""
    item = model.subgraphs[0].tensors[tensor]
    data = model.buffers[item.buffer].data
    if data is None or len(data) == 0 or item.type != schema.TensorType.FLOAT32:
        return None
    return np.asarray(data, np.uint8).view("<f4").reshape(shape_of(model, tensor))


def _store(model: Model, tensor: int, values: Any) -> None:
    buffer = schema.BufferT()
    buffer.data = np.ascontiguousarray(values, "<f4").reshape(-1).view(np.uint8)
    model.buffers.append(buffer)
    model.subgraphs[0].tensors[tensor].buffer = len(model.buffers) - 1


class _Graph:
    """The main graph's operators by what they write and who reads it."""

    def __init__(self, model: Model) -> None:
        self.model, self.graph = model, model.subgraphs[0]
        self.writers = {int(out): one for one in self.graph.operators for out in one.outputs}
        self.readers = Counter(int(tensor) for one in self.graph.operators for tensor in one.inputs)
        self.readers.update(map(int, self.graph.outputs))

    def of(self, *codes: str) -> Iterator[Any]:
        yield from [one for one in self.graph.operators if code_of(self.model, one) in codes]

    def before(self, tensor: int, code: str) -> Any:
        """The operator of this kind that writes a tensor for one reader, or None."""
        writer = self.writers.get(int(tensor))
        alone = writer is not None and self.readers[int(tensor)] == 1
        return writer if alone and code_of(self.model, writer) == code else None

    def read(self, operator: Any, place: int, tensor: int) -> None:
        inputs = list(map(int, operator.inputs))
        inputs[place] = int(tensor)
        operator.inputs = np.array(inputs, np.int32)

    def drop(self, operator: Any) -> None:
        self.graph.operators = [one for one in self.graph.operators if one is not operator]


def rows_as_they_are(model: Model) -> int:
    """RESHAPE, FULLY_CONNECTED -> FULLY_CONNECTED: a processor reads rows of the weight's width from any shape."""
    graph, count = _Graph(model), 0
    for layer in graph.of("FULLY_CONNECTED"):
        before = graph.before(layer.inputs[0], "RESHAPE")
        if before is None or layer.builtinOptions.keepNumDims:
            continue
        graph.read(layer, 0, before.inputs[0])
        graph.drop(before)
        count += 1
    return count


def stored_factors(model: Model) -> int:
    """CONCATENATION of constants -> the constant: a GPU refuses one on the left side of a product."""
    graph, count = _Graph(model), 0
    for joined in graph.of("CONCATENATION"):
        parts = [constant(model, tensor) for tensor in joined.inputs]
        if all(part is not None for part in parts):
            _store(model, int(joined.outputs[0]), np.concatenate(parts, joined.builtinOptions.axis))
            graph.drop(joined)
            count += 1
    return count


def without_ones(model: Model) -> int:
    """MUL by ones -> nothing: it keeps a GPU from joining the operators beside it, or repeats matrices for it."""
    graph, count = _Graph(model), 0
    for product in graph.of("MUL"):
        values = constant(model, product.inputs[1])
        if values is None or not (values == 1).all() or int(product.outputs[0]) in map(int, graph.graph.outputs):
            continue
        source, result = int(product.inputs[0]), int(product.outputs[0])
        readers = [one for one in graph.graph.operators if result in map(int, one.inputs)]
        alike = shape_of(model, source) == shape_of(model, result)
        if not alike and not all(code_of(model, one) == "BATCH_MATMUL" for one in readers):
            continue
        for reader in readers:
            for place, tensor in enumerate(reader.inputs):
                if int(tensor) == result:
                    graph.read(reader, place, source)
        graph.drop(product)
        count += 1
    return count


def fewer_axes(model: Model) -> int:
    """RESHAPE, ADD of four axes, RESHAPE -> ADD: a GPU reads only the first slice of a constant of fewer axes."""
    graph, count = _Graph(model), 0
    for operator in graph.of(*_BINARY):
        before = graph.before(operator.inputs[0], "RESHAPE")
        result = int(operator.outputs[0])
        after = [one for one in graph.of("RESHAPE") if int(one.inputs[0]) == result]
        if before is None or graph.readers[result] != 1 or not after:
            continue
        narrow, wide = shape_of(model, int(before.inputs[0])), shape_of(model, result)
        if constant(model, operator.inputs[1]) is None or (1,) * (len(wide) - len(narrow)) + narrow != wide:
            continue
        graph.read(operator, 0, before.inputs[0])
        graph.drop(before)
        graph.graph.tensors[result].shape = list(narrow)
        if shape_of(model, int(after[0].outputs[0])) == narrow:
            operator.outputs = after[0].outputs
            graph.drop(after[0])
        count += 1
    return count


def mean_in_the_bias(model: Model) -> int:
    """SUB, CONV_2D -> CONV_2D: float16 loses digits where a layer reads numbers of one sign."""
    graph, count = _Graph(model), 0
    for layer in graph.of("CONV_2D"):
        before = graph.before(layer.inputs[0], "SUB")
        mean = None if before is None else constant(model, before.inputs[1])
        if mean is None or int(before.inputs[0]) not in map(int, graph.graph.inputs):
            continue
        weight, bias = (constant(model, tensor).astype(np.float64) for tensor in layer.inputs[1:3])
        channels = mean.reshape(-1, mean.shape[-1])[0].astype(np.float64)
        _store(model, int(layer.inputs[2]), bias - np.einsum("oijc,c->o", weight, channels))
        graph.read(layer, 0, before.inputs[0])
        graph.drop(before)
        count += 1
    return count


FORMS: dict[str, Callable[[Model], int]] = {
    "rows of a layer by a RESHAPE of their own": rows_as_they_are,
    "constant factors computed from two halves": stored_factors,
    "products with ones": without_ones,
    "constants beside four axes": fewer_axes,
    "the mean subtracted before the first layer": mean_in_the_bias,
}


def traffic(model: Model) -> tuple[int, int]:
    """How many operators there are, and the bytes that they read and write, each counted as a kernel."""
    operators = model.subgraphs[0].operators
    tensors = [int(index) for one in operators for index in (*one.inputs, *one.outputs) if index >= 0]
    return len(operators), sum(4 * prod(shape_of(model, tensor)) for tensor in tensors)
