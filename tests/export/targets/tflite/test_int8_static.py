"""TFLite files of int8 products on grids that they state: what runs, and that a fault in what is stored is seen."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from ai_edge_litert import schema_py_generated as schema
from torch import Tensor, nn

from efficientmod_export._prove import Held, prove_rounding
from efficientmod_export._stages import Artifact
from efficientmod_export.bundle.contract import Check
from efficientmod_export.quantisation import Rounded, StaticPrograms, grids_in, round_weights, with_static_activations
from efficientmod_export.targets import find_target
from efficientmod_export.targets.tflite._file import FLOAT32, INT8, operators
from efficientmod_export.targets.tflite._shown_values import pack
from efficientmod_mobile.deploy import capture

from ..conftest import Convert, held_to, strengthen

LAYERS = 4
"""With int8 products: fc1, fc2, q, k and v in one, and proj; the head rounds what it reads in each run."""
NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


@pytest.fixture(scope="module")
def artifact(static: StaticPrograms, convert: Convert) -> Artifact:
    return convert("tflite", static.program, "int8-static")


@pytest.fixture(scope="module")
def held_stored(static: StaticPrograms) -> Held:
    """What the stored values give."""
    return held_to(static.stored)


def test_every_rounded_layer_reads_and_gives_int8_in_one_partition(artifact: Artifact, rounded: Rounded) -> None:
    assert (artifact.delegates, artifact.outside) == (1, ())
    assert artifact.int8_weights == sum(one.weights for one in rounded.layers)
    products = [one for one in operators(artifact.path.read_bytes()) if one.inputs[0].type == INT8]
    products = [one for one in products if one.code in ("CONV_2D", "FULLY_CONNECTED")]
    assert len(products) == LAYERS
    assert all(one.outputs[0].type == INT8 for one in products)
    *_, head = operators(artifact.path.read_bytes())
    assert (head.code, head.inputs[0].type, head.inputs[1].type) == ("FULLY_CONNECTED", FLOAT32, INT8)


def test_the_file_computes_what_the_program_does(artifact: Artifact, held_stored: Held, static: StaticPrograms) -> None:
    (check,) = _proof(artifact, held_stored, static)
    assert check.verdict.outcome == "passed", check.verdict
    assert check.verdict.worst[0].max_relative_error < 1e-6


def _proof(artifact: Artifact, held_stored: Held, static: StaticPrograms) -> tuple[Check, ...]:
    return prove_rounding(find_target("tflite").variant("int8-static"), artifact, held_stored, grids_in(static.program))


class Padded(nn.Module):
    """A padded convolution with a stride between layers, and matrices behind a reshape."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.down = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 12, 3, stride=2, padding=1)
        self.rows, self.head = nn.Linear(12, 10), nn.Linear(10, 6)

    def forward(self, x: Tensor) -> Tensor:
        y = F.gelu(self.down(F.gelu(self.stem(x)))).flatten(2).transpose(1, 2)
        return self.head(F.gelu(self.rows(y)).mean(1))


def test_zeros_around_and_other_shapes_of_what_layers_read(convert: Convert) -> None:
    """PAD, RESHAPE and TRANSPOSE are computed on the levels, so that they part no layer from its grid."""
    torch.manual_seed(3)
    program = capture(strengthen(Padded()), torch.zeros(1, 3, 14, 20))
    inputs = [(torch.randn(1, 3, 14, 20),) for _ in range(6)]
    rounded = round_weights(program, inputs)
    static = with_static_activations(rounded.program, inputs, results=True)
    artifact = convert("tflite", static.program, "int8-static")
    listed = operators(artifact.path.read_bytes())
    layers = [one for one in listed if one.inputs[0].type == INT8 and one.code in ("CONV_2D", "FULLY_CONNECTED")]
    assert len(layers) == 2
    assert [one.inputs[0].type for one in listed if one.code == "PAD"][-1] == INT8
    assert (artifact.delegates, artifact.outside) == (1, ())
    (check,) = _proof(artifact, held_to(static.stored), static)
    assert check.verdict.outcome == "passed", check.verdict


def _layers(model: Any) -> list[Any]:
    graph = model.subgraphs[0]
    codes = [NAMES[code.builtinCode] for code in model.operatorCodes]
    found = [one for one in graph.operators if codes[one.opcodeIndex] in ("CONV_2D", "FULLY_CONNECTED")]
    return [one for one in found if graph.tensors[one.inputs[0]].type == schema.TensorType.INT8]


def _data(model: Any, operator: Any, place: int, dtype: type) -> Any:
    buffer = model.buffers[model.subgraphs[0].tensors[operator.inputs[place]].buffer]
    buffer.data = np.array(buffer.data, np.uint8)
    return buffer.data.view(dtype)


def _grid(model: Any, tensor: int) -> Any:
    grid = model.subgraphs[0].tensors[tensor].quantization
    grid.scale, grid.zeroPoint = np.array(grid.scale), np.array(grid.zeroPoint)
    return grid


def _wider_input(model: Any, operator: Any) -> None:
    _grid(model, operator.inputs[0]).scale *= np.float32(1.01)


def _wider_result(model: Any, operator: Any) -> None:
    _grid(model, operator.outputs[0]).scale *= np.float32(1.01)


def _moved_zero(model: Any, operator: Any) -> None:
    _grid(model, operator.outputs[0]).zeroPoint += 1


def _wider_weights(model: Any, operator: Any) -> None:
    _grid(model, operator.inputs[1]).scale *= np.float32(1.01)


def _lost_channel(model: Any, operator: Any) -> None:
    rows = model.subgraphs[0].tensors[operator.inputs[1]].shape[0]
    _data(model, operator, 1, np.int8).reshape(rows, -1)[0] = 0


def _other_bias(model: Any, operator: Any) -> None:
    _data(model, operator, 2, np.int32)[:] += 1000


@pytest.mark.parametrize("layer", range(LAYERS))
@pytest.mark.parametrize(
    "fault", [_wider_input, _wider_result, _moved_zero, _wider_weights, _lost_channel, _other_bias]
)
def test_a_fault_in_any_layer_fails_the_proof(
    fault: Callable[[Any, Any], None],
    layer: int,
    artifact: Artifact,
    held_stored: Held,
    static: StaticPrograms,
    tmp_path: Path,
) -> None:
    model = schema.ModelT.InitFromPackedBuf(artifact.path.read_bytes(), 0)
    fault(model, _layers(model)[layer])
    changed = replace(artifact, path=tmp_path / "changed.tflite")
    changed.path.write_bytes(pack(model))
    (check,) = _proof(changed, held_stored, static)
    assert check.verdict.failed
