"""The operators of any .tflite file, with the tensors that they read and write."""

from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from efficientmod_mobile.errors import InputError
from efficientmod_mobile.messages import printable

Shape = tuple[int, ...]

FLOAT32, INT64, INT16, INT8 = 0, 4, 7, 9
"""The schema's numbers of four types."""

CUSTOM = "custom "
"""What the name of an app's own operator begins with."""

INSIDE = 1
"""Up to this offset a buffer's data are in the flatbuffer itself, beyond it they lie behind."""


@dataclass(eq=False)
class Tensor:
    """A tensor by name and shape; `data` where it is stored in the file, `writer` where an operator computes it.

    `type` is the schema's number of its type, `given` whether it is an input of the graph, `shown` how often it is an
    output. `padding` is the content of the channels that a GPU adds as padding, once it is known (`_gpu_lanes`).
    """

    name: str
    shape: Shape
    data: NDArray[Any] | None = None
    writer: "Operator | None" = None
    readers: list["Operator"] = field(default_factory=list)
    padding: float | None = None
    type: int = FLOAT32
    given: bool = False
    shown: int = 0

    @property
    def constant(self) -> bool:
        """Whether the tensor is the same in every run: stored in the file, or dequantised from a stored one."""
        widened = self.writer is not None and self.writer.code == "DEQUANTIZE"
        return self.data is not None or (widened and self.writer is not None and self.writer.inputs[0].constant)


@dataclass(eq=False)
class Operator:
    """An operator by its name in the schema; an absent optional input is left out."""

    code: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    options: Any

    @property
    def shape(self) -> Shape:
        """The shape of the first output."""
        return self.outputs[0].shape

    @property
    def name(self) -> str:
        """The name of the first output; some operators have none, such as one that writes a variable."""
        return self.outputs[0].name if self.outputs else ""

    @cached_property
    def text(self) -> str:
        """The operator with the shapes of what it reads and writes."""
        taken = ", ".join(map(_size, self.inputs))
        return f"{self.code}({taken}) -> {_size(self.outputs[0]) if self.outputs else 'nothing'}"

    def join(self) -> None:
        """Register the operator as reader and writer at its tensors."""
        for tensor in self.inputs:
            tensor.readers.append(self)
        for tensor in self.outputs:
            tensor.writer = self

    def option(self, name: str, default: Any = None) -> Any:
        """A field of the options' table; the default where the operator has no such table."""
        return getattr(self.options, name, default)


def _size(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"


def operators(data: bytes) -> tuple[Operator, ...]:
    """The operators of all subgraphs, in order.

    Raises:
        InputError: the bytes are not a TFLite model.
    """
    from ai_edge_litert import schema_py_generated as schema

    try:
        model = schema.ModelT.InitFromPackedBuf(data, 0)
        names = operator_names(model)
        return tuple(operator for graph in model.subgraphs for operator in _of_graph(model, graph, names, data))
    except Exception as error:  # with a damaged offset the generated reader can raise any exception
        raise InputError(
            "The TFLite model is damaged or cut short; convert the model again.", code="damaged_tflite"
        ) from error


def operator_names(model: Any) -> list[str]:
    """The names of a model's operator codes: the schema's, an app's own, or the number of a newer schema's."""
    from ai_edge_litert import schema_py_generated as schema

    builtin = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    codes = [(max(one.builtinCode, one.deprecatedBuiltinCode), text_of(one.customCode)) for one in model.operatorCodes]
    return [f"{CUSTOM}{own}" if own else builtin.get(code, f"operator {code}") for code, own in codes]


def stored(model: Any, index: int, data: bytes) -> bytes:
    """A buffer's bytes, which lie behind the flatbuffer in files of more than 2 GB."""
    buffer = model.buffers[index]
    if (buffer.offset or 0) > INSIDE:
        return data[buffer.offset : buffer.offset + buffer.size]
    return b"" if buffer.data is None else bytes(buffer.data)


def text_of(value: bytes | None) -> str:
    """A text of a file, as a terminal may show it."""
    return printable((value or b"").decode("utf-8", "replace"))


def _of_graph(model: Any, graph: Any, codes: list[str], data: bytes) -> list[Operator]:
    tensors = [_tensor(model, item, data) for item in graph.tensors]
    for index in graph.inputs:
        tensors[index].given = True
    for index in graph.outputs:
        tensors[index].shown += 1
    made = []
    for item in graph.operators:
        operator = Operator(
            codes[item.opcodeIndex],
            tuple(tensors[index] for index in item.inputs if index >= 0),
            tuple(tensors[index] for index in item.outputs),
            item.builtinOptions or item.builtinOptions2,
        )
        operator.join()
        made.append(operator)
    return made


def _tensor(model: Any, item: Any, data: bytes) -> Tensor:
    shape = tuple(map(int, item.shape)) if item.shape is not None else ()
    name = text_of(item.name)
    raw = np.frombuffer(stored(model, item.buffer, data), np.uint8)
    if not raw.size:
        return Tensor(name, shape, type=item.type)
    dtype = _DTYPES.get(item.type)
    if dtype is None or raw.size != prod(shape) * dtype.itemsize:
        return Tensor(name, shape, raw, type=item.type)
    return Tensor(name, shape, raw.view(dtype).reshape(shape), type=item.type)


_DTYPES: dict[int, np.dtype[Any]] = {
    0: np.dtype("<f4"),
    1: np.dtype("<f2"),
    2: np.dtype("<i4"),
    4: np.dtype("<i8"),
    6: np.dtype("?"),
}
"""The NumPy type by the schema's number of a type."""
