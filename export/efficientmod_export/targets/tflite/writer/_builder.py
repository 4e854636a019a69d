"""The TFLite graph under construction: tensors, operators, and the reshapes and transposes that a view needs.

A constant is stored once per content. A RESHAPE or a TRANSPOSE is written only when an operator needs a tensor in
another shape or layout (`stored`, `arranged`), and only once for all operators that need it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._digest import digest
from ._errors import CannotLowerError
from ._graph import Array, Shape
from ._layout import Layout, Value, in_steps, moves, natural, order_between

MAX_RANK = 4
"""GPU delegates refuse tensors of higher rank, as did older versions of XNNPACK."""

_LARGEST = 2**31 - 1
_MOST_AXES = 8
"""The highest rank of a tensor in a file that LiteRT loads."""


_DATA = {"SELECT": 1, "SELECT_V2": 1, "TRANSPOSE_CONV": 2}
"""The index of the data input, where that is not the first."""


@dataclass(eq=False)
class Tensor:
    """A tensor of the graph; `data` where it is a constant. `scales`, one for each index of the first axis or one for
    all, make real numbers of int8 and int32 ones, with `zero` as the level of 0.
    """

    name: str
    shape: Shape
    dtype: np.dtype[np.generic]
    data: Array | None = None
    scales: NDArray[np.float32] | None = None
    zero: int = 0


@dataclass(eq=False)
class Operator:
    """An operator of the graph: its name in the schema, tensors by index, its options object."""

    code: str
    inputs: list[int]
    outputs: list[int]
    options: Any = None


@dataclass
class Builder:
    """A TFLite subgraph under construction."""

    tensors: list[Tensor] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    scope: str = ""
    _constants: dict[tuple[str, Shape, bytes], int] = field(default_factory=dict)
    _views: dict[tuple[int, Shape, Shape, Layout], int] = field(default_factory=dict)
    _writers: dict[int, Operator] = field(default_factory=dict)
    _read: set[int] = field(default_factory=set)

    def tensor(self, name: str, shape: Shape, dtype: type[np.generic] = np.float32) -> int:
        """A new tensor, for a computed value or an input."""
        self.tensors.append(Tensor(name, shape, np.dtype(dtype)))
        return len(self.tensors) - 1

    def constant(self, array: Array, name: str = "constant") -> int:
        """The tensor of a constant; the same tensor for the same content."""
        key = (array.dtype.str, array.shape, digest(array))
        if key not in self._constants:
            self.tensors.append(Tensor(name, array.shape, array.dtype, array))
            self._constants[key] = len(self.tensors) - 1
        return self._constants[key]

    def ints(self, values: Sequence[int] | Sequence[Sequence[int]]) -> int:
        """The tensor of an int32 constant, for axes, shapes and paddings."""
        return self.constant(np.asarray(values, dtype=np.int32), "ints")

    def emit(
        self,
        code: str,
        inputs: Sequence[int],
        shape: Shape,
        options: Any = None,
        dtype: type[np.generic] | None = None,
    ) -> int:
        """Write an operator of one output and return the output's tensor, of the dtype of the operator's data unless
        another is given. Raises CannotLowerError for an option beyond 32 bits and for more axes than TFLite supports.
        """
        if dtype is None:
            dtype = self.tensors[inputs[_DATA.get(code, 0)]].dtype.type
        return self.emit_several(code, inputs, [(shape, dtype)], options)[0]

    def sweep(self, ends: Iterable[int]) -> None:
        """Leave out the operators of which nothing is read, such as the conversion of indices that nobody wants."""
        wanted, kept = set(ends), []
        for operator in reversed(self.operators):
            if not wanted.isdisjoint(operator.outputs):
                kept.append(operator)
                wanted.update(operator.inputs)
        self.operators = kept[::-1]

    def emit_several(
        self,
        code: str,
        inputs: Sequence[int],
        results: Sequence[tuple[Shape, type[np.generic]]],
        options: Any = None,
    ) -> list[int]:
        """Write an operator of several outputs, as `emit` does, and return their tensors."""
        if options is not None and any(
            isinstance(item, int) and abs(item) > _LARGEST for item in vars(options).values()
        ):
            raise CannotLowerError("an attribute beyond 32 bits")
        shapes = (*(shape for shape, _ in results), *(self.tensors[tensor].shape for tensor in inputs))
        if any(len(axes) > _MOST_AXES for axes in shapes):
            raise CannotLowerError(f"more than {_MOST_AXES} axes, the most that TFLite's {code} supports")
        outputs = [self.tensor(f"{self.scope}/{code.lower()}", shape, dtype) for shape, dtype in results]
        operator = Operator(code, list(inputs), outputs, options)
        self.operators.append(operator)
        self._writers.update(dict.fromkeys(outputs, operator))
        self._read.update(inputs)
        return outputs

    def writer(self, tensor: int) -> Operator | None:
        """The operator that computes a tensor; None for an input or a constant."""
        return self._writers.get(tensor)

    def is_read(self, tensor: int) -> bool:
        """Whether an operator written so far reads the tensor."""
        return tensor in self._read

    def shape(self, value: Value) -> Shape:
        """The stored shape of the value's tensor."""
        return self.tensors[value.tensor].shape

    def value(self, array: Array, name: str) -> Value:
        """A constant as a value in its natural layout."""
        return Value(self.constant(array, name), array.shape, natural(array.ndim))

    def stored(self, value: Value, shape: Shape | None = None) -> int:
        """A tensor with the value's elements and the given stored shape (by default its physical one)."""
        shape = value.physical if shape is None else shape
        if self.shape(value) == shape:
            return value.tensor
        data = self.tensors[value.tensor].data
        if data is not None:
            return self.constant(data.reshape(shape), self.tensors[value.tensor].name)
        key = (value.tensor, shape, shape, natural(len(shape)))
        if key not in self._views:
            self._views[key] = self.reshaped(value.tensor, shape)
        return self._views[key]

    def copied(self, tensor: int) -> int:
        """Another tensor with the same content."""
        return self.reshaped(tensor, self.tensors[tensor].shape)

    def reshaped(self, tensor: int, shape: Shape) -> int:
        """Another tensor with the same content in another shape."""
        from ai_edge_litert.schema_py_generated import ReshapeOptionsT

        options = ReshapeOptionsT(newShape=list(shape))
        return self.emit("RESHAPE", [tensor, self.ints(shape)], shape, options)

    def arranged(self, value: Value, layout: Layout) -> Value:
        """The value in a layout: a view where only axes of one element move, else the result of a TRANSPOSE."""
        order = order_between(value.layout, layout)
        physical = tuple(value.physical[axis] for axis in order)
        if not moves(value, layout):
            return Value(value.tensor, physical, layout)
        data = self.tensors[value.tensor].data
        if data is not None:
            return Value(self.constant(data.reshape(value.physical).transpose(order)), physical, layout)
        key = (value.tensor, value.physical, physical, order)
        if key not in self._views:
            self._views[key] = self._transpose(value, order)
        return Value(self._views[key], physical, layout)

    def _transpose(self, value: Value, order: Layout) -> int:
        from ai_edge_litert.schema_py_generated import TransposeOptionsT

        # The physical shape itself where its rank allows it, so that no RESHAPE follows; else the fewest axes.
        steps = [(value.physical, order)]
        if len(value.physical) > MAX_RANK:
            steps = in_steps(value.physical, order, MAX_RANK)
        tensor = value.tensor
        for shape, axes in steps:
            source = self.stored(Value(tensor, shape, natural(len(shape))))
            result = tuple(shape[axis] for axis in axes)
            tensor = self.emit("TRANSPOSE", [source, self.ints(axes)], result, TransposeOptionsT())
        return tensor
