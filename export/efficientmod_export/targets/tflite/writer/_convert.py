"""The conversion from ONNX to TFLite, stage by stage."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ._builder import Builder
from ._errors import CannotLowerError, UnsupportedNode, UnsupportedOperatorsError
from ._graph import Graph, Node
from ._layout import NHWC, Layout, Value, natural
from ._metadata import NAME as METADATA
from ._metadata import ImageMetadata, metadata_of, with_labels
from ._reader import read
from .lowering import ANY_DTYPE, DTYPES, LOWERINGS, Context
from .rewrites import simplify

if TYPE_CHECKING:
    import onnx

    from ._model import WeightForm


def to_tflite(
    model: "onnx.ModelProto | str | Path",
    *,
    weights: "WeightForm" = "float32",
    metadata: ImageMetadata | None = None,
    applied: Counter[str] | None = None,
) -> bytes:
    """Write an ONNX model of static shapes and float32 as a TFLite model.

    Inputs and outputs of four axes become NHWC; others keep their axes. Tensors and the signature `serving_default`
    have the ONNX names. The same model gives the same bytes.

    Args:
        model: the model, or the path of its file (with external data beside it, if it has any).
        weights: how they are stored. The runtime converts float16 and int8 to float32 once, at load. Only weights that
            are on a grid of 255 steps in each row are stored as int8, which loses nothing.
        metadata: describe the model as an image classifier, in TFLite's standard metadata.
        applied: called with the number of times that each rewrite applied.

    Returns:
        The flatbuffer; with labels in the metadata, a ZIP archive of them behind it.

    Raises:
        InputError: the file is not an ONNX model, is damaged, or refers to files outside its folder.
        ConversionError: an opset, type or shape that is not supported, or a model over 2 GB.
        UnsupportedOperatorsError: nodes that cannot be converted; it names all of them.
    """
    # 1. Read and check.
    graph = read(model)
    # 2. Fold constants, and rewrite groups of ONNX operators into the operators that TFLite has.
    rewrites = simplify(graph)
    if applied is not None:
        applied.update(rewrites)
    # 3. Lower node by node, moving data only where an operator needs another layout.
    builder, inputs, outputs = _lower(graph)
    # 4. Write.
    from ._gpu_forms import form_for_gpus
    from ._model import build

    outputs = form_for_gpus(builder, outputs)

    entries = {}
    if metadata is not None:
        entries[METADATA] = metadata_of(metadata, [name for name, _ in inputs], [name for name, _ in outputs])
    data = build(builder, inputs, outputs, weights=weights, metadata=entries)
    return with_labels(data, metadata.labels) if metadata is not None else data


Ends = list[tuple[str, int]]


def _lower(graph: Graph) -> tuple[Builder, Ends, Ends]:
    builder = Builder()
    values: dict[str, Value] = {}
    for name in graph.inputs:
        shape = graph.shape(name)
        layout = _outside(len(shape))
        physical = tuple(shape[axis] for axis in layout)
        values[name] = Value(builder.tensor(name, physical, graph.dtype(name).type), physical, layout)
    inputs = [(name, values[name].tensor) for name in graph.inputs]
    failures = [failure for node in graph.nodes if (failure := _lower_node(builder, graph, node, values)) is not None]
    if failures:
        raise UnsupportedOperatorsError(failures)
    outputs = _outputs(builder, graph, values)
    builder.sweep([tensor for _, tensor in outputs])
    return builder, inputs, outputs


def _outside(rank: int) -> Layout:
    """The layout of the graph's inputs and outputs."""
    return NHWC if rank == len(NHWC) else natural(rank)


def _lower_node(builder: Builder, graph: Graph, node: Node, values: dict[str, Value]) -> UnsupportedNode | None:
    """Lower one node. Where that fails, its outputs are defined all the same, so that later nodes are checked too."""
    builder.scope = node.outputs[0]
    first = len(builder.tensors)
    try:
        results = _call(builder, graph, node, values)
    except CannotLowerError as error:
        for name in filter(None, node.outputs):
            shape = graph.shape(name)
            tensor = builder.tensor(name, shape, graph.dtype(name).type)
            values[name] = Value(tensor, shape, natural(len(shape)))
        shapes = tuple(graph.shape(name) if name else None for name in node.inputs)
        return UnsupportedNode(node.operator, node.name, dict(node.attributes), shapes, str(error))
    for name, value in zip(node.outputs, results, strict=False):
        values[name] = value
        if value.tensor >= first or _is_fused(builder, node, value):
            builder.tensors[value.tensor].name = name
    return None


def _is_fused(builder: Builder, node: Node, value: Value) -> bool:
    """Whether the node was fused into its producer, as an activation is."""
    written = builder.writer(value.tensor) is not None and not builder.is_read(value.tensor)
    return written and node.operator not in ("Transpose", "Reshape", "Identity")


def _call(builder: Builder, graph: Graph, node: Node, values: dict[str, Value]) -> tuple[Value, ...]:
    lowering = LOWERINGS.get(node.operator)
    if lowering is None:
        raise CannotLowerError("this operator is not supported")
    operands = [(graph.constants.get(name, values.get(name)) if name else None) for name in node.inputs]
    for name in filter(None, node.outputs):
        dtype = graph.dtype(name).name
        if dtype != "float32" and (node.operator not in ANY_DTYPE or dtype not in DTYPES):
            raise CannotLowerError(f"it computes {graph.dtype(name).name} values at run time")
    try:
        results = lowering(Context(builder, graph, node, values), *operands, **node.attributes)
    except (TypeError, ValueError, LookupError, ArithmeticError) as error:
        # An attribute or a number of inputs that the lowering does not support, or lists whose lengths do not fit.
        raise CannotLowerError(f"attributes or inputs that are not supported ({error})") from error
    results = results if isinstance(results, tuple) else (results,)
    for name, value in zip(node.outputs, results, strict=False):
        if name and value.shape != graph.shape(name):
            raise CannotLowerError(f"it would have the shape {list(value.shape)}, not {list(graph.shape(name))}")
    more = node.outputs[len(results) :]
    if any(name in graph.outputs or graph.readers(name) for name in more):
        raise CannotLowerError(f"its outputs {more} are used")
    return results


def _outputs(builder: Builder, graph: Graph, values: dict[str, Value]) -> Ends:
    """A separate tensor for each output: one that is an input, or a view of another output, is copied."""
    outputs: Ends = []
    for name in graph.outputs:
        builder.scope = name
        value = values[name] if name in values else builder.value(graph.constants[name], name)
        value = builder.arranged(value, _outside(len(value.layout)))
        tensor = builder.stored(value)
        if builder.writer(tensor) is None or tensor in {other for _, other in outputs}:
            tensor = builder.copied(tensor)
        builder.tensors[tensor].name = name
        outputs.append((name, tensor))
    return outputs
