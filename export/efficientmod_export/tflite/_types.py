"""Static shapes and element types of all values: as the model states them, else by ONNX's own inference."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from efficientmod_mobile.errors import ConversionError

from ._graph import Array, TensorType

if TYPE_CHECKING:
    import onnx

ONNX = ("", "ai.onnx")
"""The names of the domain of ONNX's own operators."""

_SMALL = 1024
"""Elements. A constant up to this long may say what a shape is; a longer one is a weight."""
_LONGEST = 1 << 16
"""Elements of a computed value that has one axis."""

_WITHDRAWN = {("GroupNormalization", opset) for opset in range(18, 21)}
"""What the checker refuses, although PyTorch writes it."""

Types = dict[str, TensorType]
Result = TypeVar("Result")


def types_of(proto: "onnx.ModelProto", arrays: dict[str, Array], opset: int) -> Types:
    """The type of each value that has a static one.

    ONNX's inference and its checker also prove that the operators, their attributes and what the model states fit
    each other: nothing after this looks at that again.

    Raises:
        ConversionError: the model contradicts itself.
    """
    import onnx

    known = _declared((*proto.graph.input, *proto.graph.value_info, *proto.graph.output))
    known.update({name: TensorType(array.shape, array.dtype) for name, array in arrays.items()})
    skeleton = _skeleton(proto, arrays)
    context = type(onnx.checker.DEFAULT_CONTEXT)()
    context.ir_version = skeleton.ir_version
    context.opset_imports = {entry.domain: entry.version for entry in skeleton.opset_import}
    for node in skeleton.graph.node:
        if (node.op_type, opset) not in _WITHDRAWN:
            _checked(partial(onnx.checker.check_node, node, context))
    known.update(_before_slices(skeleton, known, arrays))
    return {**known, **_inferred(skeleton, arrays)}


def _before_slices(skeleton: "onnx.ModelProto", known: Types, arrays: dict[str, Array]) -> Types:
    """Types up to the last Slice of a value whose type is not stated.

    The inference of a Slice of fewer than no elements ends the process, so that none may come to it.
    """
    import onnx

    found: Types = {}
    for place, node in enumerate(skeleton.graph.node):
        if node.op_type != "Slice":
            continue
        if node.input[0] not in known and node.input[0] not in found:
            part = onnx.ModelProto()
            part.CopyFrom(skeleton)
            del part.graph.node[place:]
            del part.graph.output[:]
            found = _inferred(part, arrays)
        kind = known.get(node.input[0]) or found.get(node.input[0])
        if kind is None:
            raise ConversionError(f"Value {node.input[0]!r} has no static shape; export the model with fixed shapes.")
        if min(kind.shape, default=1) < 1:
            raise ConversionError(f"Value {node.input[0]!r} has the shape {list(kind.shape)}; export the model again.")
    return found


def _declared(values: "Sequence[onnx.ValueInfoProto]") -> Types:
    """The values whose type and static shape are stated. Raises ConversionError for two statements on one value."""
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
            raise ConversionError(f"The ONNX model contradicts itself on {value.name!r}; export it again.")
    return types


def _skeleton(proto: "onnx.ModelProto", arrays: dict[str, Array]) -> "onnx.ModelProto":
    """The model for inference: large weights are mere inputs, so that they are not copied.

    Nodes of other domains, and those with a body of their own (If, Loop), are left out: nothing can be made of them. Of
    the former, one in the model makes the inference lenient everywhere; the bodies would have to be checked as well.
    """
    import onnx

    skeleton = onnx.ModelProto()
    skeleton.ir_version = onnx.IR_VERSION
    skeleton.opset_import.extend(proto.opset_import)
    graph = skeleton.graph
    graph.name = "skeleton"
    graph.input.extend(value for value in proto.graph.input if value.name not in arrays)
    # A statement on a constant would hide its shape from the inference.
    graph.value_info.extend(value for value in proto.graph.value_info if value.name not in arrays)
    graph.output.extend(proto.graph.output)
    stated = {value.name: value for value in (*proto.graph.value_info, *proto.graph.output)}
    for node in proto.graph.node:
        has_body = any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute)
        if has_body or node.domain not in ONNX:
            unknown = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in node.output)
            graph.input.extend(stated.get(value.name, value) for value in unknown)
        elif node.op_type != "Constant":
            graph.node.append(node)
    for name, array in arrays.items():
        if array.size <= _SMALL:
            graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(array), name))
        else:
            kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
            graph.input.append(onnx.helper.make_tensor_value_info(name, kind, array.shape))
    return skeleton


def _inferred(skeleton: "onnx.ModelProto", arrays: dict[str, Array]) -> Types:
    """The types by ONNX's inference, strictly, and with the values of shapes that the model computes.

    The latter takes 230 bytes for each element of a value of one axis at each sum and product, hence `_LONGEST`.
    """
    import onnx

    types: Types = {}
    for values in (False, True):
        options = {"check_type": True, "strict_mode": values, "data_prop": values}
        graph = _checked(partial(onnx.shape_inference.infer_shapes, skeleton, **options)).graph
        types = _declared((*graph.input, *graph.value_info, *graph.output))
        for name, kind in types.items():
            if len(kind.shape) == 1 and kind.shape[0] > _LONGEST and name not in arrays:
                size = f"{kind.shape[0]} elements, over {_LONGEST}"
                raise ConversionError(f"Value {name!r} has one axis of {size}; export the model with a batch axis.")
    return types


def _checked(call: Callable[[], Result]) -> Result:
    """What a function of ONNX's C++ side gives; what it finds wrong arrives as RuntimeError, ValueError and others."""
    try:
        return call()
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ConversionError(f"The ONNX model contradicts itself ({reason}); export it again.") from error
