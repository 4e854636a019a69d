"""From the built graph to the schema's model: buffers, operator codes, signature, least runtime, weights."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ._builder import Builder, Operator, Tensor
from ._dense_points import fill_grouped_points
from ._digest import digest
from ._flatbuffer import AlignedBuffer, serialise
from ._float16_weights import store_weights_as_float16
from ._int8_products import form_int8_products
from ._int8_weights import store_weights_as_int8
from ._versions import least_version_of, version_of

SIGNATURE = "serving_default"

WeightForm = Literal["float32", "float16", "int8", "int8-dynamic", "int8-static"]
"""How weights are stored; of the last two, that the operators which read them round their other input as well: in each
run, or where the graph states grids, to these.
"""

_SCHEMA_VERSION = 3
_TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "float16": schema.TensorType.FLOAT16,
    "int8": schema.TensorType.INT8,
    "int32": schema.TensorType.INT32,
    "int64": schema.TensorType.INT64,
    "bool": schema.TensorType.BOOL,
}


def build(
    builder: Builder,
    inputs: Sequence[tuple[str, int]],
    outputs: Sequence[tuple[str, int]],
    *,
    weights: WeightForm,
    metadata: Mapping[str, bytes] = MappingProxyType({}),
) -> bytes:
    """Serialise the graph; inputs and outputs are (signature name, tensor); `metadata` is beside the least runtime."""
    if weights in ("int8-dynamic", "int8-static"):
        fill_grouped_points(builder)
    if weights == "float16":
        store_weights_as_float16(builder)
    elif weights == "int8-static":
        form_int8_products(builder, {tensor for _, tensor in outputs})
    if weights.startswith("int8"):
        store_weights_as_int8(builder, dynamic=weights != "int8")
        store_weights_as_float16(builder, exact=True)
    keep, index = _live(builder, [tensor for _, tensor in (*inputs, *outputs)])
    names = _distinct_names(builder, keep, [tensor for _, tensor in (*inputs, *outputs)])
    buffers, tensors = _tensors([builder.tensors[tensor] for tensor in keep], names)
    codes = sorted(
        {(getattr(schema.BuiltinOperator, item.code), version_of(item, builder.tensors)) for item in builder.operators}
    )
    subgraph = schema.SubGraphT(
        tensors=tensors,
        inputs=[index[tensor] for _, tensor in inputs],
        outputs=[index[tensor] for _, tensor in outputs],
        operators=[_operator(item, builder.tensors, codes, index) for item in builder.operators],
        name="main",
    )
    entries = {"min_runtime_version": least_version_of(codes).encode().ljust(16, b"\0"), **metadata}
    first = len(buffers)
    buffers.extend(AlignedBuffer(content) for content in entries.values())
    model = schema.ModelT(
        version=_SCHEMA_VERSION,
        operatorCodes=[_code(code, level) for code, level in codes],
        subgraphs=[subgraph],
        description="",
        buffers=buffers,
        metadata=[schema.MetadataT(name=name, buffer=first + place) for place, name in enumerate(entries)],
        signatureDefs=[_signature(inputs, outputs, index)],
    )
    return serialise(model, sum(buffer.length for buffer in buffers))


def _live(builder: Builder, ends: Sequence[int]) -> tuple[list[int], dict[int, int]]:
    """The tensors that the file needs, in order, and the new index of each."""
    used = {tensor for item in builder.operators for tensor in (*item.inputs, *item.outputs)} | set(ends)
    keep = sorted(used)
    return keep, {tensor: place for place, tensor in enumerate(keep)}


def _distinct_names(builder: Builder, keep: Sequence[int], ends: Sequence[int]) -> list[str]:
    """A unique name for each tensor, as quantisers require; inputs and outputs keep theirs."""
    names = {tensor: builder.tensors[tensor].name for tensor in ends}
    taken = {*names.values(), *(builder.tensors[tensor].name for tensor in keep)}
    seen = set(names.values())
    count: Counter[str] = Counter()
    for tensor in keep:
        if tensor in names:
            continue
        name = own = builder.tensors[tensor].name
        while name in seen or (name != own and name in taken):
            count[own] += 1
            name = f"{own}_{count[own]}"
        names[tensor] = name
        seen.add(name)
    return [names[tensor] for tensor in keep]


def _tensors(tensors: Sequence[Tensor], names: Sequence[str]) -> tuple[list[AlignedBuffer], list[Any]]:
    """The buffers and tensors. Buffer 0 is empty, for all computed tensors; equal bytes share a buffer."""
    buffers = [AlignedBuffer()]
    known: dict[bytes, int] = {}
    made = []
    for tensor, name in zip(tensors, names, strict=True):
        buffer = 0
        if tensor.data is not None:
            key = digest(tensor.data)
            if key not in known:
                known[key] = len(buffers)
                buffers.append(AlignedBuffer(tensor.data))
            buffer = known[key]
        made.append(
            schema.TensorT(
                shape=list(tensor.shape),
                type=_TYPES[tensor.dtype.name],
                buffer=buffer,
                name=name,
                quantization=_quantisation(tensor),
            )
        )
    return buffers, made


def _quantisation(tensor: Tensor) -> Any:
    if tensor.scales is None:
        return None
    zeros = np.full(len(tensor.scales), tensor.zero, np.int64)
    return schema.QuantizationParametersT(scale=tensor.scales, zeroPoint=zeros, quantizedDimension=0)


def _operator(item: Operator, tensors: Sequence[Tensor], codes: list[tuple[int, int]], index: dict[int, int]) -> Any:
    key = (getattr(schema.BuiltinOperator, item.code), version_of(item, tensors))
    kind = schema.BuiltinOptions.NONE
    if item.options is not None:
        kind = getattr(schema.BuiltinOptions, type(item.options).__name__.removesuffix("T"))
    return schema.OperatorT(
        opcodeIndex=codes.index(key),
        inputs=[index[tensor] for tensor in item.inputs],
        outputs=[index[tensor] for tensor in item.outputs],
        builtinOptionsType=kind,
        builtinOptions=item.options,
    )


def _code(code: int, version: int) -> Any:
    # Codes above 126 do not fit the field that runtimes before 2.4 read; there it has a marker for the wider field.
    placeholder = schema.BuiltinOperator.PLACEHOLDER_FOR_GREATER_OP_CODES
    return schema.OperatorCodeT(deprecatedBuiltinCode=min(code, placeholder), builtinCode=code, version=version)


def _signature(inputs: Sequence[tuple[str, int]], outputs: Sequence[tuple[str, int]], index: dict[int, int]) -> Any:
    def maps(ends: Sequence[tuple[str, int]]) -> list[Any]:
        return [schema.TensorMapT(name=name, tensorIndex=index[tensor]) for name, tensor in ends]

    return schema.SignatureDefT(inputs=maps(inputs), outputs=maps(outputs), signatureKey=SIGNATURE, subgraphIndex=0)
