"""A `.tflite` file as anyone wrote it: what it takes and gives, and the file with further tensors as outputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from efficientmod_export.foreign import loading
from efficientmod_export.targets.tflite._file import FLOAT32, operators
from efficientmod_export.targets.tflite._lint import read_tflite
from efficientmod_export.targets.tflite._runtime import interpreter
from efficientmod_export.targets.tflite._shown_values import with_shown
from efficientmod_mobile.errors import InputError

Array = NDArray[Any]

DTYPES: dict[int, np.dtype[Any]] = {
    0: np.dtype("f4"),
    2: np.dtype("i4"),
    3: np.dtype("u1"),
    6: np.dtype("?"),
    9: np.dtype("i1"),
}
"""By the schema's number of a type: what inputs and outputs may be."""

_BYTES = (3, 9)
"""The schema's numbers of uint8 and int8."""

_DATA_OUTSIDE = 2
"""From this offset on a buffer's data lie behind the flatbuffer, where `pack` does not write them."""


@dataclass(frozen=True)
class End:
    """An input or output: its tensor's index, name, shape and dtype."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


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
        name = (tensor.name or b"").decode("utf-8", "replace")
        shape = () if tensor.shape is None else tuple(map(int, tensor.shape))
        signature = () if tensor.shapeSignature is None else tensor.shapeSignature
        if any(extent < 0 for extent in (*shape, *signature)):
            raise self._unsupported(f"the shape of {name} is open")
        if tensor.type not in DTYPES:
            raise self._unsupported(f"{name} is not of float32, int32, uint8, int8 or bool")
        return End(index, name, shape, DTYPES[tensor.type])

    def _unsupported(self, why: str) -> InputError:
        return InputError(
            f"{self.path.name} cannot be compared: {why}; convert it with static shapes and inputs and outputs of "
            "float32, int32, uint8, int8 or bool.",
            code="unsupported_tflite",
        )

    @property
    def left_out(self) -> tuple[str, ...]:
        """The signatures that are of another graph than the main one, which alone is run."""
        others = (one for one in self._model.signatureDefs or () if one.subgraphIndex)
        return tuple((one.signatureKey or b"").decode("utf-8", "replace") for one in others)

    @property
    def quantised(self) -> bool:
        """Whether it computes in integers."""
        return any(tensor.type in _BYTES for tensor in self._graph.tensors)

    @property
    def can_show_more(self) -> bool:
        """Whether the file can be written again."""
        return all((buffer.offset or 0) < _DATA_OUTSIDE for buffer in self._model.buffers)

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
