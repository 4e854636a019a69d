"""Outputs for Core ML: each computed by an operator, returned once, float32 or int32, with a name that MIL can have."""

from dataclasses import replace

import torch
from torch import fx

from efficientmod_export._stages import ArtifactDtype, TensorSpec
from efficientmod_export.targets._program import copy, output_nodes
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import emit

aten = torch.ops.aten

_DTYPES: dict[ArtifactDtype, ArtifactDtype] = {"int64": "int32", "bool": "int32"}

_RESERVED = {
    *("any", "bool", "dict", "false", "func", "list", "program", "state", "string", "tensor", "true", "tuple"),
    *("bf16", "fp16", "fp32", "fp64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
}
"""Words of MIL, which coremltools gives other names."""


def mil_name(name: str) -> str:
    """The name of an input or output of the network in an ML program: no dots, and no word of MIL."""
    plain = name.replace(".", "_")
    return f"{plain}_" if plain in _RESERVED else plain


def output_spec(spec: TensorSpec) -> TensorSpec:
    """An output of the network in Core ML."""
    return replace(spec, name=mil_name(spec.name), dtype=_DTYPES.get(spec.dtype, spec.dtype))


def with_own_outputs(program: Program) -> Program:
    """The program with copies of outputs that are returned twice, are inputs or constants, and with integers in place
    of booleans; the same program where there are none.
    """
    given = output_nodes(program)
    if not any(_needs_copy(node, given[:index]) or _is_bool(node) for index, node in enumerate(given)):
        return program
    changed = copy(program)
    end = changed.graph.output_node()
    outputs: list[fx.Node] = []
    for index, node in enumerate(nodes := output_nodes(changed)):
        result = node
        if _is_bool(node):
            result = emit(end, aten.to.dtype, (node, torch.int32), like=node)
        elif _needs_copy(node, nodes[:index]):
            # Not a clone, which the converter would remove. Adding -0.0 keeps the sign of a zero.
            result = emit(end, aten.add.Tensor, (node, _zero(node)), like=node)
        outputs.append(result)
    end.args = (tuple(outputs),)
    changed.graph_module.recompile()
    return changed


def _zero(node: fx.Node) -> float | int:
    return 0.0 if node.meta["val"].is_floating_point() else 0


def _is_bool(node: fx.Node) -> bool:
    return bool(node.meta["val"].dtype == torch.bool)


def _needs_copy(node: fx.Node, earlier: tuple[fx.Node, ...]) -> bool:
    return node in earlier or node.op != "call_function"
