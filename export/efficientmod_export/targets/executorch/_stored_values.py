"""Computing with a `.pte` file's stored values in float32, where XNNPACK would round the inputs of layers to int8."""

import hashlib
import json
import re
from importlib import resources
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from efficientmod_export.targets.executorch._runtime import PteRuntime

DELEGATE = "XnnpackBackend"
DYNAMIC, STORED = "xnn_datatype_qdint8", "xnn_datatype_qcint8"
ALIGNMENT = 16
"""Of XNNPACK's data."""

Graph = dict[str, Any]


class StoredValues(PteRuntime):
    """Opens `.pte` files with their int8 weights as the float32 numbers that they stand for."""

    def __init__(self) -> None:
        super().__init__(DELEGATE)

    def read(self, path: Path) -> bytes:
        """The file, its int8 weights widened and no input rounded."""
        return with_float32_weights(path.read_bytes())


def int8_weights(data: bytes) -> int:
    """The number of weights that a `.pte` stores as int8 for XNNPACK."""
    from executorch.exir._serialize._program import deserialize_pte_binary

    graphs = [_graph(bytes(one.data)) for one in deserialize_pte_binary(data).program.backend_delegate_data]
    return sum(prod(_tensor(value)["dims"]) for graph in graphs for value in graph["xvalues"] if _is(value, STORED))


def with_float32_weights(data: bytes) -> bytes:
    """The `.pte` with its XNNPACK delegates' weights in float32."""
    from executorch.exir._serialize._program import deserialize_pte_binary, serialize_pte_binary

    file = deserialize_pte_binary(data)
    for held in file.program.backend_delegate_data:
        graph = _graph(bytes(held.data))
        _read_floats(graph)
        for value in graph["xvalues"]:
            if _is(value, STORED):
                _widen(graph, value, file.named_data)
        held.data = _payload(graph)
    return bytes(serialize_pte_binary(file, extract_delegate_segments=True))


def _is(value: Graph, datatype: str) -> bool:
    return bool(_tensor(value)["datatype"] == datatype)


def _tensor(value: Graph) -> Graph:
    """A value's description, which a quantised value holds beside its grid."""
    held: Graph = value["xvalue_union"]
    tensor: Graph = held.get("tensor_value", held)
    return tensor


def _read_floats(graph: Graph) -> None:
    """Let the layers read what was rounded for them, instead of the rounded values."""
    dynamic = {_tensor(value)["id_out"] for value in graph["xvalues"] if _is(value, DYNAMIC)}
    rounded = {
        node["xnode_union"]["output_id"]: node["xnode_union"]["input_id"]
        for node in graph["xnodes"]
        if node["xnode_union_type"] == "XNNConvert" and node["xnode_union"]["output_id"] in dynamic
    }
    graph["xnodes"] = [node for node in graph["xnodes"] if node["xnode_union"].get("output_id") not in rounded]
    graph["xvalues"] = [value for value in graph["xvalues"] if not _is(value, DYNAMIC)]
    for node in graph["xnodes"]:
        source = node["xnode_union"].get("input1_id")
        if source in rounded:
            node["xnode_union"]["input1_id"] = rounded[source]


def _widen(graph: Graph, value: Graph, named_data: Any) -> None:
    """Make a value of int8 levels the floats that they stand for."""
    tensor, grid = _tensor(value), value["xvalue_union"]["quant_params"]
    levels = _constant(graph, tensor["constant_buffer_idx"], named_data).view(np.int8).reshape(tensor["dims"])
    steps = _constant(graph, grid["scale_buffer_idx"], named_data).view(np.float32)
    along = [1] * levels.ndim
    along[grid["channel_dim"]] = -1
    floats = (levels * steps.reshape(along)).astype(np.float32).tobytes()
    key = hashlib.sha256(floats).hexdigest()
    _store(named_data, key, floats)
    graph["constant_data"].append({"offset": 2**64 - 1, "size": len(floats), "named_key": key})
    value["xvalue_union_type"] = "XNNTensorValue"
    value["xvalue_union"] = {
        **tensor,
        "datatype": "xnn_datatype_fp32",
        "constant_buffer_idx": len(graph["constant_data"]) - 1,
    }


def _constant(graph: Graph, index: int, named_data: Any) -> NDArray[np.uint8]:
    entry = graph["constant_data"][index]
    held = named_data.buffers[named_data.pte_data[entry["named_key"]].buffer_index]
    return np.frombuffer(bytes(held), np.uint8)[: entry["size"]]


def _store(named_data: Any, key: str, data: bytes) -> None:
    from executorch.exir._serialize.data_serializer import DataEntry

    named_data.pte_data[key] = DataEntry(len(named_data.buffers), ALIGNMENT, None)
    named_data.buffers.append(data)


def _graph(payload: bytes) -> Graph:
    """An XNNPACK delegate's graph, by the field names of ExecuTorch's schema."""
    from executorch.backends.xnnpack.serialization.xnnpack_graph_serialize import XNNHeader
    from executorch.exir._serialize._flatbuffer import _flatc_decompile

    header = XNNHeader.from_bytes(payload[: XNNHeader.EXPECTED_LENGTH])
    begin, size = header.flatbuffer_offset, header.flatbuffer_size
    with TemporaryDirectory() as workshop:
        binary = Path(workshop) / "graph.bin"
        binary.write_bytes(payload[begin : begin + size])
        _flatc_decompile(workshop, _schema(workshop), str(binary), ["--raw-binary"])
        text = (Path(workshop) / "graph.json").read_text()
    graph: Graph = json.loads(re.sub(r"(: -?)inf\b", r"\1Infinity", text))  # flatc's word for the limit of a ReLU
    return graph


def _payload(graph: Graph) -> bytes:
    """The bytes of a delegate with this graph, whose data is named."""
    from executorch.backends.xnnpack.serialization.xnnpack_graph_serialize import XNNHeader
    from executorch.exir._serialize._flatbuffer import _flatc_compile

    with TemporaryDirectory() as workshop:
        text = Path(workshop) / "graph.json"
        text.write_text(json.dumps(graph))
        _flatc_compile(workshop, _schema(workshop), str(text))
        binary = (Path(workshop) / "graph.bin").read_bytes()
    begin, end = _aligned(XNNHeader.EXPECTED_LENGTH), _aligned(len(binary))
    header: bytes = XNNHeader(begin, len(binary), begin + end, 0).to_bytes()
    return header.ljust(begin, b"\0") + binary.ljust(end, b"\0")


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _schema(folder: str) -> str:
    """ExecuTorch's schema of XNNPACK's graphs, as a file in `folder`."""
    path = Path(folder) / "graph.fbs"
    path.write_bytes(resources.files("executorch.backends.xnnpack.serialization").joinpath("schema.fbs").read_bytes())
    return str(path)
