"""The program inside a `.pte` for Vulkan: operators in order, and what they read and write.

The bytes of the file's delegate are a header, a flatbuffer of the schema `VkGraph`
(`executorch/backends/vulkan/serialization/schema.fbs`) and constants; newer files keep the constants beside the
delegate, by name. The header: 4 bytes, "VH00", its own length (2 bytes), offset and size of the flatbuffer (4 each),
offset (4) and size (8) of the constants.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import torch

from efficientmod_export.targets._flatbuffer import DamagedError, Table, root

Shape = tuple[int, ...]

HEADER = b"VH00"
SCHEMA = b"VK00"
BY_NAME = (1 << 64) - 1
"""The offset of a constant that is beside the delegate."""

DTYPES = {
    0: torch.bool, 1: torch.uint8, 2: torch.int8, 3: torch.int32,
    4: torch.float16, 5: torch.float32, 6: torch.float64, 7: torch.int64,
}  # fmt: skip
BUFFER = 0
WIDTH_PACKED, HEIGHT_PACKED, CHANNELS_PACKED = 0, 1, 2


@dataclass(frozen=True)
class Value:
    """A tensor: `data` where it is constant, `storage` and `layout` by the schema's numbers."""

    shape: Shape
    dtype: torch.dtype
    storage: int
    layout: int
    data: torch.Tensor | None = None


@dataclass(frozen=True)
class Several:
    """A list of values, by their places in the graph."""

    places: tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """An operator by its name, the places of its arguments in the order of its schema, and that of its result."""

    index: int
    name: str
    arguments: tuple[int, ...]
    result: int


@dataclass(frozen=True)
class Graph:
    """The program. `values` are tensors, lists, and constants of Python's own."""

    values: tuple[Any, ...]
    calls: tuple[Call, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @cached_property
    def constants(self) -> dict[int, torch.Tensor]:
        """The constant tensors by their places."""
        held = {place: value.data for place, value in enumerate(self.values) if isinstance(value, Value)}
        return {place: data for place, data in held.items() if data is not None}

    def argument(self, call: Call, index: int) -> Any:
        """What stands in an argument of a call: a tensor's description, or a constant. None where it is not given."""
        return self.values[call.arguments[index]] if index < len(call.arguments) else None

    def results(self, call: Call) -> tuple[int, ...]:
        """The places of what a call gives."""
        value = self.values[call.result]
        return value.places if isinstance(value, Several) else (call.result,)

    def text(self, call: Call) -> str:
        """A call with the shapes of its tensors, as in "aten.mul.Tensor(1x3x8x8, 1) -> 1x3x8x8"."""
        taken = [_size(value) for value in (self.values[place] for place in call.arguments) if isinstance(value, Value)]
        given = [_size(self.values[place]) for place in self.results(call)]
        return f"{call.name}({', '.join(taken)}) -> {', '.join(given)}"


def _size(value: Any) -> str:
    return "x".join(map(str, value.shape)) or "scalar"


def read_graph(data: bytes, named: Mapping[str, bytes]) -> Graph:
    """The program of a delegate's bytes, with the constants beside it by name.

    Raises DamagedError for anything else.
    """
    if data[4:8] != HEADER or len(data) < 30:
        raise DamagedError("it has no header of a Vulkan delegate")
    offset, size, raw_offset = (int.from_bytes(data[at : at + 4], "little") for at in (10, 14, 18))
    if offset + size > len(data):
        raise DamagedError(f"{offset + size} bytes are announced, and {len(data)} are there")
    table = root(data[offset : offset + size], SCHEMA)
    blobs = [_blob(item, data[raw_offset:], named) for item in table.tables(5)]
    values = tuple(_value(item, blobs) for item in table.tables(2))
    calls = tuple(_call(index, item) for index, item in enumerate(table.tables(1)))
    graph = Graph(values, calls, table.integers(3, "I"), table.integers(4, "I"))
    _check_places(graph)
    return graph


def _blob(item: Table, raw: bytes, named: Mapping[str, bytes]) -> bytes:
    offset, length, name = item.integer(0, "Q"), item.integer(1, "Q"), item.text(2)
    if offset == BY_NAME:
        if name not in named:
            raise DamagedError(f"the constant {name!r} is missing")
        return named[name]
    if offset + length > len(raw):
        raise DamagedError(f"a constant of {length} bytes is cut off")
    return raw[offset : offset + length]


def _call(index: int, item: Table) -> Call:
    places = item.integers(2, "i")
    if not places:
        raise DamagedError(f"operator {index}, {item.text(1)}, gives nothing")
    return Call(index, item.text(1), places[:-1], places[-1])


def _value(item: Table, blobs: list[bytes]) -> Any:
    kind = item.integer(0, "B")
    if kind == TENSOR:
        return _tensor(item.table(1), blobs)
    if kind not in _READERS:
        raise DamagedError(f"a value is of the unknown kind {kind}")
    return _READERS[kind](item.table(1))


TENSOR = 5
_READERS: dict[int, Callable[[Table], Any]] = {
    1: lambda _: None,
    2: lambda table: table.integer(0, "q"),
    3: lambda table: table.real(0),
    4: lambda table: bool(table.integer(0, "B")),
    6: lambda table: list(table.integers(0, "q")),
    7: lambda table: list(table.reals(0)),
    8: lambda table: [bool(item) for item in table.integers(0, "B")],
    9: lambda table: Several(table.integers(0, "i")),
    10: lambda table: table.text(0),
}
"""By the place of the kind in the schema's union `GraphTypes`; 11, a size known only at run time, is not read."""


def _tensor(table: Table, blobs: list[bytes]) -> Value:
    code, shape, constant = table.integer(0, "b"), table.integers(1, "I"), table.integer(2, "i")
    if code not in DTYPES:
        raise DamagedError(f"a tensor is of the unknown type {code}")
    dtype, data = DTYPES[code], None
    # A constant's number 0 is the default, and is not written; other tensors have -1.
    if constant >= 0:
        if constant >= len(blobs) or len(blobs[constant]) != prod(shape) * dtype.itemsize:
            raise DamagedError(f"the constant {constant} does not have the bytes of a tensor {shape}")
        data = torch.frombuffer(bytearray(blobs[constant]), dtype=dtype).reshape(shape) if prod(shape) else None
    return Value(shape, dtype, table.integer(4, "B", 255), table.integer(5, "B", 255), data)


def _check_places(graph: Graph) -> None:
    """Raise DamagedError where a place is none or holds no tensor, or where what is read is not yet there."""
    lists = [value.places for value in graph.values if isinstance(value, Several)]
    calls = [(*call.arguments, call.result) for call in graph.calls]
    for place in (place for places in (*lists, *calls, graph.inputs, graph.outputs) for place in places):
        if not 0 <= place < len(graph.values):
            raise DamagedError(f"value {place} of {len(graph.values)} is asked for")
    given = (*graph.inputs, *graph.outputs, *(place for call in graph.calls for place in graph.results(call)))
    if not all(isinstance(graph.values[place], Value) for place in given):
        raise DamagedError("an input, an output or the result of an operator is no tensor")
    there = {*graph.constants, *graph.inputs}
    for call in graph.calls:
        read = [place for argument in call.arguments for place in _tensors(graph, argument)]
        if not there.issuperset(read):
            raise DamagedError(f"operator {call.index}, {call.name}, reads what nothing gives")
        there.update(graph.results(call))
    if not there.issuperset(graph.outputs):
        raise DamagedError("an output is given by nothing")


def _tensors(graph: Graph, place: int) -> tuple[int, ...]:
    value = graph.values[place]
    if isinstance(value, Several):
        return tuple(item for item in value.places if isinstance(graph.values[item], Value))
    return (place,) if isinstance(value, Value) else ()
