"""The operators of any .tflite file, with the tensors that they read and write."""

from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from efficientmod_mobile.errors import InputError

Shape = tuple[int, ...]

FLOAT32, INT64, INT8 = 0, 4, 9
"""The schema's numbers of three types."""


@dataclass(eq=False)
class Tensor:
    """A tensor by name and shape; `data` where it is stored in the file, `writer` where an operator computes it.

    `type` is the schema's number of its type, `shown` whether it is an output of the graph. `padding` is the content of
    the channels that a GPU adds as padding, once it is known (`_gpu_lanes`).
    """

    name: str
    shape: Shape
    data: NDArray[Any] | None = None
    writer: "Operator | None" = None
    readers: list["Operator"] = field(default_factory=list)
    padding: float | None = None
    type: int = FLOAT32
    shown: bool = False

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
        names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
        codes = [names[max(item.builtinCode, item.deprecatedBuiltinCode)] for item in model.operatorCodes]
        return tuple(operator for graph in model.subgraphs for operator in _of_graph(model, graph, codes))
    except Exception as error:  # with a damaged offset the generated reader can raise any exception
        raise InputError(
            "The TFLite model is damaged or cut short; convert the model again.", code="damaged_tflite"
        ) from error


def _of_graph(model: Any, graph: Any, codes: list[str]) -> list[Operator]:
    tensors = [_tensor(model, item) for item in graph.tensors]
    for index in graph.outputs:
        tensors[index].shown = True
    made = []
    for item in graph.operators:
        operator = Operator(
            codes[item.opcodeIndex],
            tuple(tensors[index] for index in item.inputs if index >= 0),
            tuple(tensors[index] for index in item.outputs),
            item.builtinOptions,
        )
        operator.join()
        made.append(operator)
    return made


def _tensor(model: Any, item: Any) -> Tensor:
    shape = tuple(map(int, item.shape)) if item.shape is not None else ()
    stored = model.buffers[item.buffer].data
    name = (item.name or b"").decode("utf-8", "replace")
    if stored is None or len(stored) == 0:
        return Tensor(name, shape, type=item.type)
    dtype = _DTYPES.get(item.type)
    raw = np.asarray(stored, np.uint8)
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
