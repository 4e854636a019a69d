"""The ONNX file: one checked file, stable names, nothing of this machine in it."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import torch
from torch import Tensor, nn

from efficientmod_export._stages import Artifact, InputSpec, Normalisation, TensorSpec
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import find_target
from efficientmod_mobile.deploy import Program, capture

from ..conftest import CLASSES, MEAN, STD, Convert, options, strengthen

Errors = Callable[[Artifact, Program], list[float]]
LIMIT = 1e-6


def test_it_computes_what_pytorch_computes(classifier: Program, convert: Convert, errors: Errors) -> None:
    artifact = convert("onnx", classifier)
    assert artifact.inputs == (InputSpec("input", (1, 3, 16, 24), "float32", "NCHW", Normalisation(MEAN, STD)),)
    assert artifact.outputs == (TensorSpec("logits", (1, CLASSES), "float32", "any"),)
    assert max(errors(artifact, classifier)) < LIMIT


@pytest.mark.parametrize("network", ["backbone", "rank_five"])
def test_every_output_is_there_in_order(
    network: str, request: pytest.FixtureRequest, convert: Convert, errors: Errors
) -> None:
    program = request.getfixturevalue(network)
    artifact = convert("onnx", program)
    assert [spec.name for spec in artifact.outputs] == [f"output_{i}" for i in range(len(artifact.outputs))]
    assert max(errors(artifact, program)) < LIMIT


def test_layer_norm_and_gelu_are_single_operators(classifier: Program, convert: Convert) -> None:
    model = onnx.load(convert("onnx", classifier).path)
    counts = Counter(node.op_type for node in model.graph.node)
    assert (counts["LayerNormalization"], counts["Gelu"]) == (1, 2)
    assert [entry.version for entry in model.opset_import] == [20]


def test_values_have_the_names_of_the_programs_nodes(classifier: Program, convert: Convert) -> None:
    model = onnx.load(convert("onnx", classifier).path)
    computed = {name for node in model.graph.node for name in node.output}
    nodes = {node.name for node in classifier.graph.nodes if node.op == "call_function"}
    assert {
        "conv2d",
        "layer_norm",
        "gelu",
        "gelu_1",
        "linear",
        "repeat",
        "matmul",
        "softmax",
        "mean",
    } <= computed & nodes


def test_the_file_has_no_data_about_this_machine(classifier: Program, convert: Convert) -> None:
    data = convert("onnx", classifier).path.read_bytes()
    assert b".py" not in data
    assert b"stack" not in data


def test_a_value_whose_name_an_output_takes_gets_another(tmp_path: Path, errors: Errors) -> None:
    class Taken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.logits = nn.Parameter(torch.tensor([2.0, 3.0, 4.0]))

        def forward(self, x: Tensor) -> Tensor:
            return x.mean((2, 3)) * self.logits

    program = capture(strengthen(Taken()), torch.zeros(1, 3, 4, 6))
    with quiet():
        artifact = find_target("onnx").make(program, options(), tmp_path)
    assert max(errors(artifact, program)) < LIMIT
