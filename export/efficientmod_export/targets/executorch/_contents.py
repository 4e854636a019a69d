"""What is inside a `.pte` file, anyone's: its methods, the operators that no delegate takes, and the delegates."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from efficientmod_export.foreign import quiet
from efficientmod_export.targets._contents import (
    Delegate,
    FileContents,
    Graph,
    HeldTensor,
    counted,
    parts_of,
    weights_of,
)
from efficientmod_export.targets._flatbuffer import DamagedError, Table, root
from efficientmod_mobile.errors import InputError

_XNNPACK_HEADER, _XNNPACK_SCHEMA = b"XH00", b"XN01"


def pte_contents(path: Path) -> FileContents:
    """Read a file. Raises InputError for one that cannot be read, or is no `.pte`."""
    with quiet():  # executorch's imports print
        from executorch.exir._serialize._program import deserialize_pte_binary

        try:
            return _contents(path, deserialize_pte_binary(path.read_bytes()))
        except OSError as error:
            raise InputError(
                f"{path} cannot be read ({error.strerror}); check the path and its permissions.", code="unreadable_pte"
            ) from error
        except Exception as error:  # with a damaged offset the reader can raise any exception
            raise InputError(
                f"{path.name} is no ExecuTorch program, or is cut short; export it again.", code="damaged_pte"
            ) from error


def _contents(path: Path, pte: Any) -> FileContents:
    program, named = pte.program, named_data(pte)
    delegates = tuple(one for plan in program.execution_plan for one in _delegates(program, plan, named))
    size = path.stat().st_size
    return FileContents(
        path,
        f"ExecuTorch program, version {program.version}",
        size,
        tuple(_method(program, plan) for plan in program.execution_plan),
        parts_of(
            size,
            delegates=sum(one.size for one in delegates),
            data_of_delegates=sum(map(len, named.values())),
            weights=sum(len(one.storage) for one in program.constant_buffer),
        ),
        {f"memory of {plan.name}": f"{sum(plan.non_const_buffer_sizes)} bytes" for plan in program.execution_plan},
        delegates,
    )


def named_data(pte: Any) -> dict[str, bytes]:
    """What a file has beside its delegates, by name."""
    store = pte.named_data
    if store is None:
        return {}
    return {key: bytes(store.buffers[entry.buffer_index]) for key, entry in store.pte_data.items()}


def _delegates(program: Any, plan: Any, named: Mapping[str, bytes]) -> Iterator[Delegate]:
    calls = Counter(
        one.instr_args.delegate_index
        for chain in plan.chains
        for one in chain.instructions
        if hasattr(one.instr_args, "delegate_index")
    )
    for index, delegate in enumerate(plan.delegates):
        data = bytes(program.backend_delegate_data[delegate.processed.index].data)
        yield Delegate(delegate.id, calls[index], len(data), data, named)


def _method(program: Any, plan: Any) -> Graph:
    called = [one.instr_args for chain in plan.chains for one in chain.instructions]
    operators = [plan.operators[one.op_index] for one in called if hasattr(one, "op_index")]
    constants = {
        one.val.data_buffer_idx: _dtype(one.val)
        for one in plan.values
        if getattr(one.val, "data_buffer_idx", 0) > 0 and one.val.allocation_info is None
    }
    stored = program.constant_buffer
    return Graph(
        plan.name,
        tuple(_tensor(f"input {place}", plan.values[index].val) for place, index in enumerate(plan.inputs)),
        tuple(_tensor(f"output {place}", plan.values[index].val) for place, index in enumerate(plan.outputs)),
        counted(f"{one.name}.{one.overload}" if one.overload else one.name for one in operators),
        weights_of((dtype, len(stored[at].storage)) for at, dtype in constants.items() if at < len(stored)),
    )


def _tensor(name: str, value: Any) -> HeldTensor:
    sizes = getattr(value, "sizes", None)
    if sizes is None:
        return HeldTensor(name, None, type(value).__name__.lower())
    dynamic = "up to this size" if value.shape_dynamism else None
    return HeldTensor(name, tuple(map(int, sizes)), _dtype(value), dynamic)


def _dtype(value: Any) -> str:
    names = {"float": "float32", "half": "float16", "double": "float64", "long": "int64", "int": "int32"}
    names |= {"short": "int16", "char": "int8", "byte": "uint8"}
    name = str(value.scalar_type.name).lower()
    return names.get(name, name)


def xnnpack_graphs(data: bytes, named: Mapping[str, bytes]) -> tuple[Graph, ...]:
    """The graph of an XNNPACK delegate (schema.fbs of its backend): operators, and weights by type.

    Its bytes begin with a header: 4 bytes, "XH00", its own length (2 bytes), then offset and size of the flatbuffer
    (4 each). Raises DamagedError for anything else.
    """
    del named  # the flatbuffer states the sizes
    from executorch.backends.xnnpack.serialization.xnnpack_graph_schema import XNNDatatype, XNodeUnion

    if data[4:8] != _XNNPACK_HEADER:
        raise DamagedError("it has no header of an XNNPACK delegate")
    offset, size = (int.from_bytes(data[at : at + 4], "little") for at in (10, 14))
    graph = root(data[offset : offset + size], _XNNPACK_SCHEMA)
    kinds = [kind.__name__ for kind in XNodeUnion.__args__]
    nodes = [node.integer(0, "B") for node in graph.tables(1)]
    names = [kinds[kind - 1].removeprefix("XNN") if 0 < kind <= len(kinds) else f"operator {kind}" for kind in nodes]
    sizes = [one.integer(1, "Q") for one in graph.tables(8)]
    values = [_xnnpack_tensor(one) for one in graph.tables(2)]
    held = {one.integer(3, "I"): XNNDatatype(one.integer(0, "h")).name.removeprefix("xnn_datatype_") for one in values}
    return (
        Graph(
            "program",
            (),
            (),
            counted(names),
            weights_of((held[place], sizes[place]) for place in sorted(held) if 0 < place < len(sizes)),
        ),
    )


def _xnnpack_tensor(value: Table) -> Table:
    """A value is a union of a tensor and a quantised one, which has the tensor as its first field."""
    stated = value.table(1)
    return stated.table(0) if value.integer(0, "B") == 2 else stated
