"""From an ONNX model to a `Graph`, with all checks on which the later stages rely.

Checked are: the file can be parsed, its opset is supported, names are unique, external weights are inside its folder,
every value has a static shape that fits into memory, and its element type is supported. The tensors' bytes are not
copied: arrays are views of the protobuf's bytes or of the mapped file of external data.
"""

from collections import Counter
from collections.abc import Iterable
from math import isfinite, prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from efficientmod_mobile.distribution import pip_command
from efficientmod_mobile.errors import ConversionError, DependencyError, InputError

from ._arrays import CARRIED, ExternalFiles, array_of
from ._graph import Array, Attribute, Graph, Node, TensorType
from ._types import ONNX, settle

if TYPE_CHECKING:
    import onnx

OPSETS = range(13, 27)
"""From the first opset in which Squeeze and Split take lists as inputs, to the newest that this code was checked on."""

INPUTS = ("float32", "int32", "int64")
"""Element types of inputs."""

LIMIT = 2**31 - 1
"""A flatbuffer's offsets are 32 bits, signed in most readers."""


def read(model: "onnx.ModelProto | str | Path") -> Graph:
    """Read and check an ONNX model.

    Raises:
        InputError: the file is not an ONNX model, or its external data cannot be read or is outside its folder.
        ConversionError: an opset, element type or shape that this writer does not support.
        DependencyError: onnx is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        message = f"The TFLite writer needs onnx; run {pip_command('tflite')}."
        raise DependencyError(message, code="missing_package") from error
    if isinstance(model, onnx.ModelProto):
        proto, files = model, None
    else:
        proto, files = _load(Path(model)), ExternalFiles(Path(model).parent)
    try:
        return _graph(proto, files)
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        # Text that is not UTF-8, numbers out of range: protobuf accepts them, ONNX does not.
        raise InputError(f"The ONNX model is damaged ({error}); export it again.", code="damaged_onnx") from error


def _graph(proto: "onnx.ModelProto", files: ExternalFiles | None) -> Graph:
    opset = _check_model(proto)
    nodes, arrays = _nodes(proto.graph, files)
    arrays.update({tensor.name: array_of(tensor, files) for tensor in proto.graph.initializer})
    _check_names(proto.graph)
    inputs = [value.name for value in proto.graph.input if value.name not in arrays]
    outputs = [value.name for value in proto.graph.output]
    _check_wiring(nodes, inputs, outputs, arrays)
    graph = Graph(nodes, inputs, outputs, {}, arrays, opset)
    settle(proto, graph)
    for name in inputs:
        if name in graph.types and graph.dtype(name).name not in INPUTS:
            raise ConversionError(
                f"Input {name!r} is {graph.dtype(name).name}; make it one of {', '.join(INPUTS)}.",
                code="unsupported_element_type",
            )
    carried = [node for node in graph.nodes if node.operator != "QuantizeLinear"]  # `form_grids` removes its levels
    _check_types([*inputs, *(name for node in carried for name in node.outputs if name)], graph.types)
    return graph


def _load(path: Path) -> "onnx.ModelProto":
    import onnx

    try:
        size = path.stat().st_size
        data = b"" if size > LIMIT else path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.", code="unreadable_onnx") from error
    if size > LIMIT:
        message = f"{path} is {size} bytes; an ONNX file holds at most 2 GB, keep its weights as external data."
        raise InputError(message, code="onnx_over_two_gigabytes")
    try:
        return onnx.load_model_from_string(data)
    except Exception as error:  # protobuf's own DecodeError, or ValueError
        raise InputError(
            f"{path} is not an ONNX model, or is cut short; export it again.", code="not_an_onnx_model"
        ) from error


def _check_model(proto: "onnx.ModelProto") -> int:
    opsets = {entry.domain or "ai.onnx": entry.version for entry in proto.opset_import}
    version = opsets.get("ai.onnx")
    if not proto.graph.node and not proto.graph.output:
        raise InputError("The ONNX model has no graph; it is empty or cut short.", code="not_an_onnx_model")
    if version is None or version not in OPSETS:
        known = f"{OPSETS.start} to {OPSETS.stop - 1}"
        raise ConversionError(
            f"ONNX opset {version} is not supported; export the model with opset {known}.", code="unknown_onnx_opset"
        )
    if proto.graph.sparse_initializer:
        raise ConversionError(
            "The ONNX model has sparse initializers; store its weights densely.", code="unsupported_onnx_feature"
        )
    if any(function.domain in ONNX for function in proto.functions):
        raise ConversionError(
            "The ONNX model defines functions with names of ONNX operators; inline its functions first.",
            code="unsupported_onnx_feature",
        )
    return int(version)


def _nodes(graph: "onnx.GraphProto", files: ExternalFiles | None) -> tuple[list[Node], dict[str, Array]]:
    """The nodes, with Constant nodes taken out as arrays."""
    nodes: list[Node] = []
    arrays: dict[str, Array] = {}
    for index, proto in enumerate(graph.node):
        names = (proto.op_type, proto.domain, proto.name, *proto.input, *proto.output)
        _check_texts((*names, *(item.name for item in proto.attribute)))
        attributes = {item.name: _attribute(item, files) for item in proto.attribute}
        if len(attributes) != len(proto.attribute):
            raise InputError(
                f"Node {proto.name!r} has an attribute twice; the ONNX file is damaged.", code="damaged_onnx"
            )
        if _is_constant(proto):
            arrays[proto.output[0]] = _constant(proto.name, attributes)
            continue
        if any(isinstance(value, float) and not isfinite(value) for value in attributes.values()):
            raise InputError(
                f"Node {proto.name!r} has an attribute that is not a finite number; the ONNX file is damaged.",
                code="damaged_onnx",
            )
        operator = proto.op_type if proto.domain in ONNX else f"{proto.domain}::{proto.op_type}"
        outputs = list(proto.output)
        while outputs and not outputs[-1]:
            outputs.pop()
        nodes.append(Node(operator, list(proto.input), outputs, attributes, proto.name or f"{operator}_{index}"))
    return nodes, arrays


def _is_constant(node: "onnx.NodeProto") -> bool:
    return node.op_type == "Constant" and node.domain in ONNX


def _constant(name: str, attributes: dict[str, Attribute]) -> Array:
    for key, dtype in (
        ("value_float", np.float32),
        ("value_floats", np.float32),
        ("value_int", np.int64),
        ("value_ints", np.int64),
    ):
        if key in attributes:
            return np.asarray(attributes[key], dtype=dtype)
    value = attributes.get("value")
    if not isinstance(value, np.ndarray):
        raise ConversionError(
            f"Constant node {name!r} has no dense numeric value; store it as an initializer.",
            code="unsupported_onnx_feature",
        )
    return value


def _attribute(proto: "onnx.AttributeProto", files: ExternalFiles | None) -> Attribute:
    import onnx

    match proto.type:
        case onnx.AttributeProto.INT:
            return proto.i
        case onnx.AttributeProto.FLOAT:
            return proto.f
        case onnx.AttributeProto.STRING:
            return proto.s.decode("utf-8", "replace")
        case onnx.AttributeProto.INTS:
            return tuple(proto.ints)
        case onnx.AttributeProto.FLOATS:
            return tuple(proto.floats)
        case onnx.AttributeProto.STRINGS:
            return tuple(item.decode("utf-8", "replace") for item in proto.strings)
        case onnx.AttributeProto.TENSOR:
            return array_of(proto.t, files)
        case _:
            # Bodies of If, Loop and the like: only their kind is kept, for the error that names the node.
            return f"<{onnx.AttributeProto.AttributeType.Name(proto.type).lower()}>"


def _check_names(graph: "onnx.GraphProto") -> None:
    """Check that each constant, input and output has a unique name; an input may have a constant as its default."""
    written = [node.output[0] for node in graph.node if _is_constant(node)]
    constants = [*(tensor.name for tensor in graph.initializer), *written]
    outputs = [put.name for put in graph.output]
    for names in (constants, [put.name for put in graph.input], outputs):
        _check_texts(names)
        doubled = next((name for name, count in Counter(names).items() if count > 1 or not name), None)
        if doubled and names is outputs:
            raise ConversionError(
                f"The model returns {doubled!r} twice, so that its outputs cannot be told apart by name; "
                "return the value once, or x + 0 the second time, and export the model again.",
                code="repeated_output",
            )
        if doubled is not None:
            raise InputError(
                f"The name {doubled!r} is used twice or empty; the ONNX file is damaged.", code="damaged_onnx"
            )


def _check_texts(names: Iterable[object]) -> None:
    """Raise InputError for texts that are not UTF-8, which protobuf returns as bytes."""
    if wrong := [name for name in names if not isinstance(name, str)]:
        raise InputError(f"The name {wrong[0]!r} is not UTF-8; the ONNX file is damaged.", code="damaged_onnx")


def _check_wiring(nodes: list[Node], inputs: list[str], outputs: list[str], arrays: dict[str, Array]) -> None:
    known = {*inputs, *arrays}
    for node in nodes:
        missing = [name for name in node.inputs if name and name not in known]
        if missing:
            message = f"Node {node.name!r} reads {missing[0]!r}, which no earlier node computes; the file is damaged."
            raise InputError(message, code="damaged_onnx")
        written = [name for name in node.outputs if name]
        if not written or len({*written} - known) != len(written):
            raise InputError(
                f"Node {node.name!r} has no output, or one that another node writes; the file is damaged.",
                code="damaged_onnx",
            )
        known.update(written)
    if unwritten := [name for name in outputs if name not in known]:
        raise InputError(
            f"No node computes the output {unwritten[0]!r}; the ONNX file is damaged.", code="damaged_onnx"
        )


def _check_types(names: list[str], types: dict[str, TensorType]) -> None:
    if dynamic := [name for name in names if name not in types]:
        raise ConversionError(
            f"{len(dynamic)} value(s) have no static shape, the first is {dynamic[0]!r}; "
            "export the model with fixed shapes.",
            code="dynamic_shape",
        )
    for name in names:
        shape = types[name].shape
        if min(shape, default=1) < 1:
            raise ConversionError(
                f"Value {name!r} has no elements; remove the nodes that compute it from the model.", code="empty_value"
            )
        if prod(shape) * types[name].dtype.itemsize > LIMIT:
            raise ConversionError(
                f"Value {name!r} of shape {list(shape)} takes over 2 GB; use a smaller input.",
                code="over_two_gigabytes",
            )
        if types[name].dtype.name not in CARRIED:
            raise ConversionError(
                f"Value {name!r} is {types[name].dtype.name}; convert the model to float32 first.",
                code="unsupported_element_type",
            )
