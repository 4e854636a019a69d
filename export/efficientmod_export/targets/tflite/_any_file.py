"""A `.tflite` file as anyone wrote it: what it takes and gives, and the file with further tensors as outputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from efficientmod_export.foreign import loading
from efficientmod_export.targets.tflite._file import FLOAT32, INSIDE, operators, text_of
from efficientmod_export.targets.tflite._lint import read_tflite
from efficientmod_export.targets.tflite._runtime import interpreter
from efficientmod_export.targets.tflite._shown_values import with_shown
from efficientmod_mobile.errors import InputError

Array = NDArray[Any]

DTYPES: dict[int, np.dtype[Any]] = {
    0: np.dtype("f4"),
    1: np.dtype("f2"),
    2: np.dtype("i4"),
    3: np.dtype("u1"),
    4: np.dtype("i8"),
    6: np.dtype("?"),
    7: np.dtype("i2"),
    9: np.dtype("i1"),
    10: np.dtype("f8"),
}
"""By the schema's number of a type: what inputs and outputs may be."""

_BYTES = (3, 9)
"""The schema's numbers of uint8 and int8."""

MOST_BYTES = 1 << 31
"""Of an input or output: what a damaged length may ask for is more than a machine has."""


@dataclass(frozen=True)
class End:
    """An input or output: its tensor's index, name, shape and dtype, and whether its integers stand for numbers.

    Where the file leaves lengths `open`, the shape has those that it is stored with, which LiteRT takes: 1.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    on_grid: bool = False
    open: bool = False

    def __str__(self) -> str:
        return f"{self.name} {list(self.shape)} {self.dtype}" + (", open lengths as stored" if self.open else "")


class AnyFile:
    """Its main graph, the ends in its order.

    Raises:
        InputError: the file cannot be read, is no TFLite model, or has ends of an open shape or another type.
    """

    def __init__(self, path: Path) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self.path = path
        data = read_tflite(path)
        listed = operators(data)
        self._model = schema.ModelT.InitFromPackedBuf(data, 0)
        try:
            self._graph = self._model.subgraphs[0]
            self.operators = listed[: len(self._graph.operators)]
            self.inputs = tuple(self._end(int(index)) for index in self._graph.inputs)
            self.outputs = tuple(self._end(int(index)) for index in self._graph.outputs)
            self.data = data if self._is_whole() else self.showing(())
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise InputError(
                f"{path.name} contradicts itself ({error}); convert the model again.", code="damaged_tflite"
            ) from error

    def _is_whole(self) -> bool:
        """Whether the first signature, if there is one, has all the ends of the main graph."""
        if not self._model.signatureDefs:
            return True
        signature = self._model.signatureDefs[0]
        pairs = ((signature.inputs, self._graph.inputs), (signature.outputs, self._graph.outputs))
        return not signature.subgraphIndex and all(
            sorted(one.tensorIndex for one in listed) == sorted(map(int, indices)) for listed, indices in pairs
        )

    def _end(self, index: int) -> End:
        tensor = self._graph.tensors[index]
        name = text_of(tensor.name)
        shape = () if tensor.shape is None else tuple(map(int, tensor.shape))
        if any(extent < 0 for extent in shape):
            raise self._unsupported(f"the shape of {name} is open")
        if tensor.type not in DTYPES:
            raise self._unsupported(f"{name} holds no numbers, or numbers of a type that NumPy does not have")
        dtype = DTYPES[tensor.type]
        if prod(shape) * dtype.itemsize > MOST_BYTES:
            raise self._unsupported(f"{name} is of more than 2 GB")
        scales = tensor.quantization and tensor.quantization.scale
        on_grid = dtype.kind in "iu" and scales is not None and len(scales) > 0
        signature = () if tensor.shapeSignature is None else tensor.shapeSignature
        return End(index, name, shape, dtype, on_grid=on_grid, open=any(extent < 0 for extent in signature))

    def _unsupported(self, why: str) -> InputError:
        return InputError(
            f"{self.path.name} cannot be compared: {why}; convert it with inputs and outputs of numbers, of shapes "
            "without negative lengths.",
            code="unsupported_tflite",
        )

    @property
    def left_out(self) -> tuple[str, ...]:
        """The signatures that are of another graph than the main one, which alone is run."""
        return tuple(text_of(one.signatureKey) for one in self._model.signatureDefs or () if one.subgraphIndex)

    @property
    def quantised(self) -> bool:
        """Whether it computes in integers."""
        return any(tensor.type in _BYTES for tensor in self._graph.tensors)

    @property
    def can_show_more(self) -> bool:
        """Whether the file can be written again."""
        return all((buffer.offset or 0) <= INSIDE for buffer in self._model.buffers)

    def computed(self) -> list[tuple[int, int]]:
        """The place of each operator of the main graph that gives a float32 tensor, and that tensor's index."""
        return [
            (place, int(operator.outputs[0]))
            for place, operator in enumerate(self._graph.operators)
            if len(operator.outputs) and self._graph.tensors[operator.outputs[0]].type == FLOAT32
        ]

    def showing(self, tensors: Sequence[int]) -> bytes:
        """The file with these tensors as further outputs, without signatures, which say what its outputs were."""
        return with_shown(self._model, self._hidden(tensors))

    def on_processor(self, inputs: Sequence[Array], tensors: Sequence[int] = ()) -> list[Array]:
        """The outputs, and further tensors behind them. Raises ConversionError where the file does not run."""
        more = self._hidden(tensors)
        with loading(self.path):
            loaded = interpreter(self.showing(more) if more else self.data)
            for end, values in zip(self.inputs, inputs, strict=True):
                loaded.set_tensor(end.index, values)
            loaded.invoke()
            shown = [int(detail["index"]) for detail in loaded.get_output_details()][len(self.outputs) :]
            return [loaded.get_tensor(index) for index in (*(end.index for end in self.outputs), *shown)]

    def _hidden(self, tensors: Sequence[int]) -> list[int]:
        """Those that are no outputs."""
        return [index for index in tensors if index not in {end.index for end in self.outputs}]
