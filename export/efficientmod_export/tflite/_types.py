"""Static shapes and element types of all values: as the model states them, else by ONNX's own inference."""

from typing import TYPE_CHECKING

import numpy as np

from efficientmod_mobile.errors import ConversionError

from ._graph import Array, TensorType

if TYPE_CHECKING:
    import onnx

_SMALL = 1024
"""Elements. A constant up to this long may say what a shape is; a longer one is a weight."""


def types_of(proto: "onnx.ModelProto", arrays: dict[str, Array]) -> dict[str, TensorType]:
    """The type of each value that has a static one.

    Inference also proves that what the model states fits its operators: nothing after this looks at that again.

    Raises:
        ConversionError: the model contradicts itself.
    """
    return {**_declared(proto), **_declared(_inferred(proto, arrays))}


def _declared(proto: "onnx.ModelProto") -> dict[str, TensorType]:
    """The values whose type and static shape the model states."""
    import onnx

    types = {}
    for value in (*proto.graph.input, *proto.graph.value_info, *proto.graph.output):
        tensor = value.type.tensor_type
        if not tensor.HasField("shape") or not all(extent.HasField("dim_value") for extent in tensor.shape.dim):
            continue
        try:
            dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type))
        except (KeyError, TypeError):
            continue
        types[value.name] = TensorType(tuple(extent.dim_value for extent in tensor.shape.dim), dtype)
    return types


def _inferred(proto: "onnx.ModelProto", arrays: dict[str, Array]) -> "onnx.ModelProto":
    """ONNX's own shape inference, on a copy in which large weights are mere inputs, so that they are not copied."""
    import onnx

    skeleton = onnx.ModelProto()
    skeleton.ir_version = proto.ir_version
    skeleton.opset_import.extend(proto.opset_import)
    graph = skeleton.graph
    graph.name = "skeleton"
    graph.node.extend(proto.graph.node)
    graph.input.extend(value for value in proto.graph.input if value.name not in arrays)
    graph.value_info.extend(proto.graph.value_info)
    graph.output.extend(proto.graph.output)
    for name, array in ((tensor.name, arrays[tensor.name]) for tensor in proto.graph.initializer):
        if array.size <= _SMALL:
            graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(array), name))
        else:
            kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
            graph.input.append(onnx.helper.make_tensor_value_info(name, kind, array.shape))
    try:
        return onnx.shape_inference.infer_shapes(skeleton, check_type=True, strict_mode=True, data_prop=True)
    except Exception as error:  # what the C++ side finds wrong arrives as RuntimeError, ValueError and its own classes
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ConversionError(f"The ONNX model contradicts itself ({reason}); export it again.") from error
