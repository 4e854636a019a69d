"""A program as an ONNX model, by PyTorch's exporter; the TFLite file is also made from it."""

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from efficientmod_export.foreign import torch_shortcuts
from efficientmod_export.targets._almost_neutral import without_almost_neutral
from efficientmod_export.targets._program import INPUT_NAME, export, output_names, program_names
from efficientmod_mobile.deploy import Program

if TYPE_CHECKING:
    import onnx

# Gelu is an operator from opset 20 on, LayerNormalization from 17.
OPSET = 20


def to_onnx(program: Program, inputs: Sequence[str] = (INPUT_NAME,)) -> "onnx.ModelProto":
    """The program as a checked ONNX model in memory, without paths or stack traces.

    A value has the name of the program's node that computes it; outputs have the names of `output_names`.
    """
    import onnx

    program = without_almost_neutral(program)
    with torch_shortcuts():
        exported = torch.onnx.export(export(program), dynamo=True, opset_version=OPSET, verbose=False)
    if exported is None or exported.exported_program is None:
        raise TypeError("torch.onnx.export returned no program")
    model = exported.model_proto
    _strip(model)
    _rename(model, program_names(program, exported.exported_program.graph), inputs, output_names(program))
    onnx.checker.check_model(model, full_check=True)
    return model


def _strip(model: "onnx.ModelProto") -> None:
    """Remove data about this machine (stack traces) and data that only the exporter reads."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")


def _rename(model: "onnx.ModelProto", names: dict[str, str], inputs: Sequence[str], outputs: tuple[str, ...]) -> None:
    """Rename the inputs, the outputs and the values; other values with one of the new names get another name."""
    graph = model.graph
    chosen = {given.name: name for given, name in zip(graph.input, inputs, strict=True)}
    chosen |= {output.name: name for output, name in zip(graph.output, outputs, strict=True)}
    taken = set(chosen.values())

    def new_name(old: str) -> str:
        if old and old not in chosen:
            chosen[old] = next(name for name in _candidates(names.get(old, old)) if name not in taken)
            taken.add(chosen[old])
        return chosen[old] if old else old

    for old in names:  # before those that have no name of the program
        new_name(old)
    for node in graph.node:
        node.input[:] = map(new_name, node.input)
        node.output[:] = map(new_name, node.output)
    for part in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.name = new_name(part.name)


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}.{index}" for index in itertools.count(1))
