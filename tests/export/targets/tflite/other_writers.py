"""`.tflite` files as other writers make them, in the schema's object form."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from efficientmod_export.targets.tflite._shown_values import pack

SHAPE = (1, 4, 6, 8)
ALIGNED = 16


class OtherFile:
    """A model under construction."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.operatorCodes, self.model.subgraphs, self.model.buffers = [], [], [schema.BufferT()]

    def graph(self) -> Any:
        graph = schema.SubGraphT()
        graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
        self.model.subgraphs.append(graph)
        return graph

    def tensor(
        self,
        graph: Any,
        shape: Sequence[int] = SHAPE,
        kind: int = schema.TensorType.FLOAT32,
        data: Any = None,
        name: str = "",
    ) -> int:
        tensor = schema.TensorT()
        tensor.shape, tensor.type = np.array(shape, np.int32), kind
        tensor.name = (name or f"t{len(graph.tensors)}").encode()
        if data is not None:
            tensor.buffer = len(self.model.buffers)
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.asarray(data).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
        graph.tensors.append(tensor)
        return len(graph.tensors) - 1

    def emit(self, graph: Any, code: str, inputs: Sequence[int], outputs: Sequence[int], options: Any = None) -> None:
        kind, operator = schema.OperatorCodeT(), schema.OperatorT()
        number = getattr(schema.BuiltinOperator, code)
        kind.builtinCode, kind.deprecatedBuiltinCode, kind.version = number, min(number, 127), 1
        operator.opcodeIndex = len(self.model.operatorCodes)
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        if options is not None:
            operator.builtinOptions = options
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
        self.model.operatorCodes.append(kind)
        graph.operators.append(operator)

    def written(self) -> bytes:
        return pack(self.model)


def of_one(code: str = "ABS", kind: int = schema.TensorType.FLOAT32, shape: Sequence[int] = SHAPE) -> OtherFile:
    """One operator on one input."""
    file = OtherFile()
    graph = file.graph()
    graph.inputs, graph.outputs = [file.tensor(graph, shape, kind, name="x")], [file.tensor(graph, shape, kind)]
    file.emit(graph, code, graph.inputs, graph.outputs)
    return file


def loop() -> bytes:
    """An input times 1.5, until a counter is three."""
    whole = schema.TensorType.INT32
    file = OtherFile()
    main, condition, body = file.graph(), file.graph(), file.graph()
    main.inputs, main.outputs = [file.tensor(main, (), whole), file.tensor(main)], [file.tensor(main, (), whole)]
    main.outputs.append(file.tensor(main))
    options = schema.WhileOptionsT(condSubgraphIndex=1, bodySubgraphIndex=2)
    file.emit(main, "WHILE", main.inputs, main.outputs, options)
    condition.inputs = [file.tensor(condition, (), whole), file.tensor(condition)]
    condition.outputs = [file.tensor(condition, (), schema.TensorType.BOOL)]
    three = file.tensor(condition, (), whole, np.int32(3))
    file.emit(condition, "LESS", [condition.inputs[0], three], condition.outputs, schema.LessOptionsT())
    body.inputs = [file.tensor(body, (), whole), file.tensor(body)]
    body.outputs = [file.tensor(body, (), whole), file.tensor(body)]
    one, factor = file.tensor(body, (), whole, np.int32(1)), file.tensor(body, (1,), data=np.float32(1.5))
    file.emit(body, "ADD", [body.inputs[0], one], body.outputs[:1], schema.AddOptionsT())
    file.emit(body, "MUL", [body.inputs[1], factor], body.outputs[1:], schema.MulOptionsT())
    return file.written()


def with_data_behind() -> bytes:
    """A sum with a constant whose first axis varies; its data lie behind the flatbuffer, as in files of 2 GB."""
    file = OtherFile()
    graph = file.graph()
    shape, values = (5, 7, 6), np.arange(210, dtype=np.float32)
    graph.inputs, graph.outputs = [file.tensor(graph, shape)], [file.tensor(graph, shape)]
    constant = file.tensor(graph, shape, data=np.float32(0))
    file.emit(graph, "ADD", [*graph.inputs, constant], graph.outputs, schema.AddOptionsT())
    (buffer,) = file.model.buffers[1:]
    buffer.data, buffer.offset, buffer.size = None, 1 << 20, values.nbytes
    start = -(-len(file.written()) // ALIGNED) * ALIGNED
    buffer.offset = start
    return file.written().ljust(start, b"\0") + values.tobytes()
