"""ExecuTorch files with int8 layers: what is stored, what runs, and that a fault in what is stored is seen."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from efficientmod_export._prove import Held, prove_rounding
from efficientmod_export._stages import Artifact
from efficientmod_export.quantisation import Rounded, round_to_nearest
from efficientmod_export.targets import find_target, runner_of
from efficientmod_export.targets.executorch._stored_values import STORED, _graph, _is, _tensor, int8_weights
from efficientmod_mobile.deploy import Program, capture, deploy, run
from efficientmod_mobile.errors import InputError

from ....raising import refused
from ..conftest import CLASSES, Convert, sample_for, strengthen

WEIGHTS = 5
"""Of the classifier's six linear layers and convolutions of one group, without the stem."""

VARIANT = find_target("executorch").variant("int8-dynamic")


@pytest.fixture(scope="module")
def artifact(rounded: Rounded, convert: Convert) -> Artifact:
    return convert("executorch", rounded.program, "int8-dynamic")


def test_the_short_name_is_that_of_the_dynamic_form() -> None:
    assert find_target("executorch").variant("int8") is VARIANT


def test_every_rounded_weight_is_stored_as_int8(artifact: Artifact, rounded: Rounded) -> None:
    assert artifact.int8_weights == sum(layer.weights for layer in rounded.layers)
    assert not any("linear" in name or "quantize" in name or "qparams" in name for name in artifact.outside)


def test_weights_that_are_on_no_grid_stay_float32(classifier: Program, convert: Convert) -> None:
    assert convert("executorch", classifier, "int8-dynamic").int8_weights == 0


def test_storing_loses_nothing(artifact: Artifact, held: Held) -> None:
    (check,) = prove_rounding(VARIANT, artifact, held)
    assert check.gate == "graph"
    assert check.verdict.outcome == "passed"
    assert check.verdict.worst[0].max_relative_error < 1e-6


def test_the_file_itself_rounds_what_the_layers_read(artifact: Artifact, held: Held) -> None:
    """It differs from its own values in float32, by the noise of 256 steps."""
    session = find_target("executorch").runtime.open(artifact, VARIANT.configuration(VARIANT.places[0]))
    (result,), (reference,) = runner_of(session, artifact)(held.samples[0]), held.references[0]
    assert 1e-4 < np.abs(result - reference).max() / np.ptp(reference) < 5e-2


class Layouts(nn.Module):
    """Layers that read a picture, one made by a reshape, one of a single pixel made by a reshape, and rows."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.same = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 6, 3, stride=2, padding=1)
        self.reshaped, self.pixel, self.rows = nn.Conv2d(6, 8, 1), nn.Conv2d(8, 8, 1), nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.same(torch.relu(self.stem(x))))
        x = torch.relu(self.reshaped(x.transpose(2, 3).reshape(x.shape)))
        x = x * torch.sigmoid(self.pixel(x.mean((2, 3)).reshape(1, 8, 1, 1)))
        return self.rows(x.flatten(2).transpose(1, 2))


class OnePixel(nn.Module):
    """A last stage of one pixel, whose channels are innermost for some layers; there the layouts are one order."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.smaller = nn.Conv2d(3, 8, 4, stride=4), nn.Conv2d(8, 8, 2, stride=2)
        self.each, self.pixel = nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 8, 1)
        self.mixed, self.head = nn.Linear(8, 8), nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.smaller(torch.relu(self.stem(x))))
        x = x + self.mixed(self.each(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.head(self.pixel(x).flatten(1))


def test_a_stage_of_one_pixel_is_stored_as_int8(convert: Convert) -> None:
    program = capture(strengthen(OnePixel()), torch.zeros(1, 3, 8, 8))
    rounded = round_to_nearest(deploy(program, VARIANT.recipe).program)
    artifact = convert("executorch", rounded, "int8-dynamic")
    assert (artifact.delegates, artifact.outside) == (1, ())
    assert artifact.int8_weights == 4 * 8 * 8 + 8 * 8 + 8 * 8 + 8 * CLASSES


def rounding_of_inputs(artifact: Artifact, rounded: Program) -> float:
    """The largest difference from the rounded program, of the range; the stored values alone pass their proof."""
    sample = sample_for(rounded)
    expected = run(rounded, torch.from_numpy(sample.inputs[0].tensor))[0].numpy()
    (check,) = prove_rounding(VARIANT, artifact, Held((sample,), ((expected,),)))
    assert check.verdict.outcome == "passed"
    session = find_target("executorch").runtime.open(artifact, VARIANT.configuration(VARIANT.places[0]))
    (found,) = runner_of(session, artifact)(sample)
    return float(np.abs(found - expected).max() / np.ptp(expected))


def test_a_network_in_xnnpacks_form_is_one_delegate_whatever_the_layouts(convert: Convert) -> None:
    program = capture(strengthen(Layouts()), torch.zeros(1, 3, 16, 24))
    rounded = round_to_nearest(deploy(program, VARIANT.recipe).program)
    artifact = convert("executorch", rounded, "int8-dynamic")
    assert (artifact.delegates, artifact.outside) == (1, ())
    assert artifact.int8_weights == 8 * 6 * 9 + 6 * 8 + 8 * 8 + 8 * CLASSES
    assert 1e-4 < rounding_of_inputs(artifact, rounded) < 5e-2


class LargeDepthwise(nn.Module):
    """A depthwise kernel of many weights, of an even number of channels, and a small one."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.large = nn.Conv2d(3, 900, 3, stride=2, padding=1), nn.Conv2d(900, 900, 5, padding=2, groups=900)
        self.small, self.head = nn.Conv2d(900, 900, 3, padding=1, groups=900), nn.Linear(900, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.large(torch.relu(self.stem(x))))
        y: Tensor = self.head(torch.relu(self.small(x)).mean((2, 3)))
        return y


def test_a_large_depthwise_kernel_is_stored_as_int8_in_pairs(convert: Convert) -> None:
    program = capture(strengthen(LargeDepthwise()), torch.zeros(1, 3, 10, 14))
    rounded = round_to_nearest(deploy(program, VARIANT.recipe).program)
    artifact = convert("executorch", rounded, "int8-dynamic")
    assert (artifact.delegates, artifact.outside) == (1, ())
    assert artifact.int8_weights == 2 * 900 * 25 + 900 * CLASSES
    assert 1e-5 < rounding_of_inputs(artifact, rounded) < 5e-2


def _wider_scale(levels: Any, steps: Any, _: Any) -> None:
    steps *= np.float32(1.01)


def _wider_row(levels: Any, steps: Any, _: Any) -> None:
    steps[0] *= np.float32(1.05)


def _lost_channel(levels: Any, steps: Any, _: Any) -> None:
    levels[0] = 0


def _other_sign(levels: Any, steps: Any, _: Any) -> None:
    levels[0] *= -1


def _exchanged_rows(levels: Any, steps: Any, _: Any) -> None:
    levels[[0, 1]] = levels[[1, 0]]


def _bias_in_steps(levels: Any, steps: Any, bias: Any) -> None:
    """A bias in multiples of its row's step, as integers have it, that nobody multiplied back."""
    if bias is None:
        steps[1] *= np.float32(0.9)
    else:
        bias /= steps


@pytest.mark.parametrize("layer", range(WEIGHTS))
@pytest.mark.parametrize(
    "fault", [_wider_scale, _wider_row, _lost_channel, _other_sign, _exchanged_rows, _bias_in_steps]
)
def test_a_fault_in_any_layer_fails_the_proof(
    fault: Callable[[Any, Any, Any], None], layer: int, artifact: Artifact, held: Held, tmp_path: Path
) -> None:
    changed = replace(artifact, path=tmp_path / artifact.path.name)
    changed.path.write_bytes(_with_fault(artifact.path.read_bytes(), layer, fault))
    (check,) = prove_rounding(VARIANT, changed, held)
    assert check.verdict.failed


def _with_fault(data: bytes, layer: int, fault: Callable[[Any, Any, Any], None]) -> bytes:
    from executorch.exir._serialize._program import deserialize_pte_binary, serialize_pte_binary

    file = deserialize_pte_binary(data)
    graphs = [_graph(bytes(held.data)) for held in file.program.backend_delegate_data]
    stored = [(graph, value) for graph in graphs for value in graph["xvalues"] if _is(value, STORED)]
    graph, value = stored[layer]
    tensor = _tensor(value)
    (reader,) = (node["xnode_union"] for node in graph["xnodes"] if _reads(node, tensor["id_out"]))
    keys = [tensor["constant_buffer_idx"], value["xvalue_union"]["quant_params"]["scale_buffer_idx"]]
    tensors = map(_tensor, graph["xvalues"])
    keys += [one["constant_buffer_idx"] for one in tensors if one["id_out"] == reader["bias_id"]]
    indices = [file.named_data.pte_data[graph["constant_data"][key]["named_key"]].buffer_index for key in keys]
    arrays = [np.frombuffer(bytes(file.named_data.buffers[index]), np.int8).copy() for index in indices]
    levels, steps = arrays[0].reshape(tensor["dims"]), arrays[1].view(np.float32)
    fault(levels, steps, arrays[2].view(np.float32) if len(arrays) > 2 else None)
    for index, array in zip(indices, arrays, strict=True):
        file.named_data.buffers[index] = array.tobytes()
    return bytes(serialize_pte_binary(file, extract_delegate_segments=True))


def _reads(node: dict[str, Any], identifier: int) -> bool:
    return bool(node["xnode_union"].get("filter_id") == identifier)


def test_the_layers_of_a_rounded_file_cannot_be_compared(artifact: Artifact, rounded: Rounded) -> None:
    prober = find_target("executorch").prober
    assert prober is not None
    assert int8_weights(artifact.path.read_bytes()) > 0
    with refused(InputError, "unsupported_layer_search", "int8"):
        prober(rounded.program, artifact)
