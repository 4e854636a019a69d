"""What is inside an `.onnx` file, anyone's."""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from efficientmod_export.targets._contents import FileContents, Graph, HeldTensor, counted, parts_of, weights_of
from efficientmod_mobile.errors import InputError


def onnx_contents(path: Path) -> FileContents:
    """Read a file; weights in files beside it are counted and not opened.

    Raises InputError for one that cannot be read, or is no ONNX model.
    """
    import onnx

    try:
        size = path.stat().st_size
        model = onnx.load(path, load_external_data=False)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); check the path and its permissions.", code="unreadable_onnx"
        ) from error
    except Exception as error:  # protobuf's, which differs with its version
        raise _damaged(path) from error
    if not model.graph.node and not model.graph.output:
        raise _damaged(path)
    graphs = (_graph(model.graph, "main"), *(_function(one) for one in model.functions))
    inside = [one for one in model.graph.initializer if not _outside(one)]
    outside = {_outside(one) for one in model.graph.initializer} - {""}
    opsets = {f"opset of {one.domain or 'ai.onnx'}": str(one.version) for one in model.opset_import}
    made = f"{model.producer_name} {model.producer_version}".strip()
    told = {
        "made by": made,
        "model": f"{model.domain} {model.model_version or ''}".strip(),
        "description": model.doc_string,
        **opsets,
        **{f"property {one.key}": one.value for one in model.metadata_props},
        "weights in other files": ", ".join(sorted(outside)),
    }
    return FileContents(
        path,
        f"ONNX, IR version {model.ir_version}",
        size,
        graphs,
        parts_of(size, weights=sum(map(_size, inside))),
        {name: text for name, text in told.items() if text},
    )


def _damaged(path: Path) -> InputError:
    return InputError(f"{path.name} is no ONNX model, or is cut short; convert the model again.", code="damaged_onnx")


def _graph(graph: Any, name: str) -> Graph:
    weights = {one.name for one in graph.initializer}
    return Graph(
        name,
        tuple(_tensor(one) for one in graph.input if one.name not in weights),
        tuple(map(_tensor, graph.output)),
        counted(_operators(graph)),
        weights_of((_dtype(one.data_type), _size(one)) for one in graph.initializer),
    )


def _function(function: Any) -> Graph:
    name = f"function {function.name}"
    taken, given = ([HeldTensor(one, None, "any") for one in names] for names in (function.input, function.output))
    return Graph(name, tuple(taken), tuple(given), counted(_operators(function)))


def _operators(graph: Any) -> Iterator[str]:
    """The operators, also those in the branches and bodies of others."""
    for node in graph.node:
        yield f"{node.domain}.{node.op_type}" if node.domain not in ("", "ai.onnx") else node.op_type
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _operators(inner)


def _tensor(value: Any) -> HeldTensor:
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        return HeldTensor(value.name, None, str(kind or "unknown").removesuffix("_type"))
    stated = value.type.tensor_type
    if not stated.HasField("shape"):
        return HeldTensor(value.name, None, _dtype(stated.elem_type), "of any shape")
    open_names = [one.dim_param for one in stated.shape.dim if one.dim_param]
    shape = tuple(int(one.dim_value) if one.HasField("dim_value") else None for one in stated.shape.dim)
    return HeldTensor(
        value.name, shape, _dtype(stated.elem_type), f"open: {', '.join(open_names)}" if open_names else None
    )


def _dtype(number: int) -> str:
    import onnx

    names: dict[int, str] = {code: name.lower() for name, code in onnx.TensorProto.DataType.items()}
    name = names.get(number, f"type {number}")
    return {"float": "float32", "double": "float64"}.get(name, name)


def _outside(tensor: Any) -> str:
    """The file beside the model in which a weight lies; empty for one inside."""
    return next((str(one.value) for one in tensor.external_data if one.key == "location"), "")


def _size(tensor: Any) -> int:
    """Bytes, also of a weight that lies in another file."""
    import onnx

    count = prod(tensor.dims)
    try:
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    except (KeyError, TypeError, ValueError):
        return len(tensor.raw_data)
    return len(tensor.raw_data) or count * dtype.itemsize
