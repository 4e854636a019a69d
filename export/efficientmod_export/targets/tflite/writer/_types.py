"""Static shapes and element types of all values: as the model states them, else by ONNX's shape inference.

The inference does not evaluate everything that is computed from constants and shapes, such as the target of a Reshape
or the widths of a Pad from TorchScript's exporter. So these are folded during the inference, node by node.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from efficientmod_mobile.errors import ConversionError

from ._fold import fold_constants
from ._graph import Array, Graph, Node, TensorType

if TYPE_CHECKING:
    import onnx

ONNX = ("", "ai.onnx")
"""The names of the domain of ONNX's standard operators."""

_SMALL = 1024
"""Elements. A constant up to this length may be a shape; a longer one is a weight."""
_LONGEST = 1 << 16
"""The most elements of a computed value of one axis."""

_WITHDRAWN = {("GroupNormalization", opset) for opset in range(18, 21)}
"""Attributes that PyTorch writes although ONNX's checker refuses them."""

Types = dict[str, TensorType]
Result = TypeVar("Result")


def settle(proto: "onnx.ModelProto", graph: Graph) -> None:
    """Set the type of each value of a graph that has a static one, and fold the nodes that compute shapes.

    ONNX's inference and its checker also check that the operators, their attributes and the stated types are
    consistent; later stages rely on it.

    Raises:
        ConversionError: the model contradicts itself.
    """
    import onnx

    skeleton = _skeleton(proto, graph.constants)
    context = type(onnx.checker.DEFAULT_CONTEXT)()
    context.ir_version = skeleton.ir_version
    context.opset_imports = {entry.domain: entry.version for entry in skeleton.opset_import}
    for node in skeleton.graph.node:
        if (node.op_type, graph.opset) not in _WITHDRAWN:
            _checked(partial(onnx.checker.check_node, node, context))
    graph.types = _declared((*proto.graph.input, *proto.graph.value_info, *proto.graph.output))
    written = {name: node for node in skeleton.graph.node for name in node.output if name}
    fold_constants(graph, lambda node: _infer(graph, node, written))
    skeleton = _skeleton(proto, graph.constants)
    for values in (False, True):
        graph.types.update(_inferred(skeleton, graph.constants, values=values))


def _infer(graph: Graph, node: Node, written: "Mapping[str, onnx.NodeProto]") -> None:
    """Infer the types of one node's outputs, where they are not stated or the node is to be folded."""
    import onnx

    inputs = {name: graph.type(name) for name in node.inputs if name}
    if node.operator == "Slice":
        _check_sliced(node.inputs[0], inputs[node.inputs[0]])
    outputs = [name for name in node.outputs if name]
    stated = all(name in graph.types for name in outputs) and any(name not in graph.constants for name in inputs)
    if stated or outputs[0] not in written or None in inputs.values():
        return
    part = onnx.ModelProto(ir_version=onnx.IR_VERSION, opset_import=[onnx.helper.make_opsetid("", graph.opset)])
    part.graph.name = "node"
    part.graph.node.append(written[outputs[0]])
    for name, kind in inputs.items():
        if name in graph.constants:
            _add_constant(part.graph, name, graph.constants[name])
        elif kind is not None:
            part.graph.input.append(_value_info(name, kind))
    part.graph.value_info.extend(_value_info(name, graph.types[name]) for name in outputs if name in graph.types)
    graph.types.update(_inferred(part, graph.constants))


def _check_sliced(name: str, kind: TensorType | None) -> None:
    """Raise ConversionError for negative extents: ONNX's inference of a Slice of such a value ends the process."""
    if kind is None:
        raise ConversionError(
            f"Value {name!r} has no static shape; export the model with fixed shapes.", code="dynamic_shape"
        )
    if min(kind.shape, default=0) < 0:
        raise ConversionError(
            f"Value {name!r} has the shape {list(kind.shape)}; export the model again.", code="inconsistent_onnx"
        )


def _declared(values: "Sequence[onnx.ValueInfoProto]") -> Types:
    """The values whose type and static shape are stated. Raises ConversionError where a value has two types."""
    import onnx

    types: Types = {}
    for value in values:
        tensor = value.type.tensor_type
        if not tensor.HasField("shape") or not all(extent.HasField("dim_value") for extent in tensor.shape.dim):
            continue
        try:
            dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type))
        except (KeyError, TypeError):
            continue
        kind = TensorType(tuple(extent.dim_value for extent in tensor.shape.dim), dtype)
        if types.setdefault(value.name, kind) != kind:
            raise ConversionError(
                f"The ONNX model contradicts itself on {value.name!r}; export it again.", code="inconsistent_onnx"
            )
    return types


def _skeleton(proto: "onnx.ModelProto", arrays: Mapping[str, Array]) -> "onnx.ModelProto":
    """The model for inference: large weights are inputs, so that they are not copied.

    Nodes of other domains, and those with a body (If, Loop), are left out, since they cannot be converted. A node of
    another domain would make the inference lenient for the whole model; bodies would have to be checked as well.
    """
    import onnx

    skeleton = onnx.ModelProto()
    skeleton.ir_version = onnx.IR_VERSION
    skeleton.opset_import.extend(proto.opset_import)
    graph = skeleton.graph
    graph.name = "skeleton"
    graph.input.extend(value for value in proto.graph.input if value.name not in arrays)
    # A stated type of a constant would override its shape in the inference.
    graph.value_info.extend(value for value in proto.graph.value_info if value.name not in arrays)
    graph.output.extend(proto.graph.output)
    stated = {value.name: value for value in (*proto.graph.value_info, *proto.graph.output)}
    for node in proto.graph.node:
        if any(name in arrays for name in node.output):
            continue
        has_body = any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute)
        if has_body or node.domain not in ONNX:
            unknown = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in node.output)
            graph.input.extend(stated.get(value.name, value) for value in unknown)
        else:
            graph.node.append(node)
    for name, array in arrays.items():
        _add_constant(graph, name, array)
    return skeleton


def _add_constant(graph: "onnx.GraphProto", name: str, array: Array) -> None:
    import onnx

    if array.size <= _SMALL:
        graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(array), name))
    else:
        graph.input.append(_value_info(name, TensorType(array.shape, array.dtype)))


def _value_info(name: str, kind: TensorType) -> "onnx.ValueInfoProto":
    import onnx

    return onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(kind.dtype), kind.shape)


def _inferred(skeleton: "onnx.ModelProto", arrays: Mapping[str, Array], *, values: bool = False) -> Types:
    """The types by ONNX's strict inference; with `values` also propagating shapes that the model computes.

    The latter uses 230 bytes for each element of a value of one axis at each sum and product, hence `_LONGEST`.
    """
    import onnx

    options = {"check_type": True, "strict_mode": True, "data_prop": values}
    graph = _checked(partial(onnx.shape_inference.infer_shapes, skeleton, **options)).graph
    types = _declared((*graph.input, *graph.value_info, *graph.output))
    for name, kind in types.items():
        if len(kind.shape) == 1 and kind.shape[0] > _LONGEST and name not in arrays:
            size = f"{kind.shape[0]} elements, over {_LONGEST}"
            raise ConversionError(
                f"Value {name!r} has one axis of {size}; export the model with a batch axis.", code="no_batch_axis"
            )
    return types


def _checked(call: Callable[[], Result]) -> Result:
    """The result of a function of ONNX's C++ code; its RuntimeError, ValueError and others become a ConversionError."""
    try:
        return call()
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ConversionError(
            f"The ONNX model contradicts itself ({reason}); export it again.", code="inconsistent_onnx"
        ) from error
