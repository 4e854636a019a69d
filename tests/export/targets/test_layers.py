"""A fault in a file is found at its layer, and no fault is reported in a correct file."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from ai_edge_litert import schema_py_generated as schema
from onnx import numpy_helper

from efficientmod_export._stages import ModelFile, Sample
from efficientmod_export.foreign import quiet
from efficientmod_export.parity import LayerReport, Values, first_drift
from efficientmod_export.parity._layers import _reference, _search
from efficientmod_export.targets import find_target
from efficientmod_export.targets._probing import is_float
from efficientmod_export.targets._program import copy
from efficientmod_export.targets.executorch import _prober as _executorch
from efficientmod_export.targets.tflite._shown_values import pack
from efficientmod_mobile.deploy import Program, capture
from efficientmod_mobile.errors import ParityError

from ...raising import refused
from .conftest import Convert

MadeSample = Callable[[Program], Sample]
LIMIT = 1e-5
FAULT = 1.01


def look(program: Program, file: ModelFile, target: str, sample: Sample) -> LayerReport:
    prober = find_target(target).prober
    assert prober is not None
    with quiet():
        return first_drift(program, prober(program, file), sample, LIMIT)


@pytest.mark.parametrize("network", ["classifier", "backbone", "rank_five"])
@pytest.mark.parametrize("target", ["coreml", "onnx", "tflite"])
def test_a_sound_file_has_no_drift(
    target: str, network: str, request: pytest.FixtureRequest, convert: Convert, made_sample: MadeSample
) -> None:
    program = request.getfixturevalue(network)
    report = look(program, convert(target, program), target, made_sample(program))
    assert report.drift is None
    assert report.probed >= 2


@pytest.mark.parametrize(
    ("initializer", "node", "module"),
    [
        ("stem.weight", "conv2d", "stem"),
        ("norm.bias", "layer_norm", "norm"),
        ("depthwise.weight", "conv2d_1", "depthwise"),
        ("fc2.bias", "linear_1", "fc2"),
        ("head.weight", "linear_4", "head"),
    ],
)
def test_a_fault_in_an_onnx_file_is_found_at_its_layer(
    initializer: str,
    node: str,
    module: str,
    classifier: Program,
    convert: Convert,
    made_sample: MadeSample,
    tmp_path: Path,
) -> None:
    sound = convert("onnx", classifier)
    model = onnx.load(sound.path)
    (weight,) = [tensor for tensor in model.graph.initializer if tensor.name == initializer]
    weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) * np.float32(FAULT), initializer))
    faulty = tmp_path / "model.onnx"
    onnx.save(model, faulty)
    report = look(classifier, replace(sound, path=faulty), "onnx", made_sample(classifier))
    assert report.drift is not None
    assert (report.drift.node, report.drift.module) == (node, module)
    assert report.drift.error > LIMIT > (report.before.error if report.before else 0)


@pytest.mark.parametrize(
    ("operator", "module"),
    [("CONV_2D", "stem"), ("DEPTHWISE_CONV_2D", "depthwise"), ("FULLY_CONNECTED", "head")],
)
def test_a_fault_in_a_tflite_file_is_found_at_its_layer(
    operator: str, module: str, classifier: Program, convert: Convert, made_sample: MadeSample, tmp_path: Path
) -> None:
    sound = convert("tflite", classifier)
    model = schema.ModelT.InitFromPackedBuf(sound.path.read_bytes(), 0)
    code = getattr(schema.BuiltinOperator, operator)
    graph = model.subgraphs[0]
    faulty = [entry for entry in graph.operators if model.operatorCodes[entry.opcodeIndex].builtinCode == code][-1]
    buffer = model.buffers[graph.tensors[faulty.inputs[1]].buffer]
    buffer.data = (np.asarray(buffer.data).view(np.float32) * np.float32(FAULT)).view(np.uint8)
    path = tmp_path / "model.tflite"
    path.write_bytes(pack(model))
    report = look(classifier, replace(sound, path=path), "tflite", made_sample(classifier))
    assert report.drift is not None
    # The file may show only what a later node makes of the faulty layer's output.
    assert module in {report.drift.module, *(_module(classifier, name) for name in report.unseen)}
    assert report.drift.error > LIMIT > (report.before.error if report.before else 0)


def _module(program: Program, name: str) -> str:
    (node,) = [node for node in program.graph.nodes if node.name == name]
    return str(list(node.meta["nn_module_stack"].values())[-1][0])


def altered(program: Program, parameter: str) -> Program:
    """The same program with one tensor scaled."""
    changed = copy(program)
    path, _, name = parameter.rpartition(".")
    module = changed.graph_module.get_submodule(path)
    setattr(module, name, torch.nn.Parameter(getattr(module, name) * FAULT, requires_grad=False))
    return changed


@pytest.mark.slow
def test_a_fault_of_the_executorch_lowering_is_found_at_its_layer(
    classifier: Program, convert: Convert, made_sample: MadeSample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lower = _executorch.lower_to_pte
    monkeypatch.setattr(_executorch, "lower_to_pte", lambda program: lower(altered(program, "fc2.weight")))
    path = tmp_path / "model.pte"
    with quiet():
        path.write_bytes(_executorch.lower_to_pte(classifier).data)
    file = replace(convert("executorch", classifier), path=path)
    report = look(classifier, file, "executorch", made_sample(classifier))
    assert report.drift is not None
    assert (report.drift.node, report.drift.module) == ("linear_1", "fc2")
    assert report.before is not None
    assert report.before.node == "mul"
    assert report.drift.error > LIMIT > report.before.error


@pytest.mark.slow
def test_a_sound_executorch_file_has_no_drift(classifier: Program, convert: Convert, made_sample: MadeSample) -> None:
    report = look(classifier, convert("executorch", classifier), "executorch", made_sample(classifier))
    assert report.drift is None
    assert report.probed == _executorch.AT_ONCE


def test_an_executorch_file_of_other_weights_is_said_to_be_another(
    backbone: Program, convert: Convert, made_sample: MadeSample
) -> None:
    file = convert("executorch", altered(backbone, "second.weight"))
    with refused(ParityError, "artifact_of_other_program"):
        look(backbone, file, "executorch", made_sample(backbone))


@pytest.mark.parametrize("target", ["coreml", "executorch-coreml", "onnx", "tflite"])
def test_a_file_of_another_network_is_refused(
    target: str, classifier: Program, backbone: Program, convert: Convert, made_sample: MadeSample
) -> None:
    with refused(ParityError, "artifact_of_other_program"):
        look(classifier, convert(target, backbone), target, made_sample(classifier))


@pytest.mark.parametrize("target", ["coreml", "executorch-coreml"])
def test_a_fault_in_an_ml_program_is_found_at_its_layer(
    target: str, classifier: Program, convert: Convert, made_sample: MadeSample
) -> None:
    file = convert(target, altered(classifier, "depthwise.weight"))
    report = look(classifier, file, target, made_sample(classifier))
    assert report.drift is not None
    assert (report.drift.node, report.drift.module) == ("conv2d_1", "depthwise")


class Scripted:
    """Shows the network's own values, wrong from one node on, a few at a time."""

    def __init__(self, program: Program, first: str, at_once: int) -> None:
        self.visible = tuple(node for node in program.graph.nodes if node.op == "call_function")
        self.at_once = at_once
        self._program = program
        names = [node.name for node in self.visible]
        self._wrong = set(names[names.index(first) :] if first else ())
        self.asked: list[list[str]] = []

    def probe(self, nodes: Sequence[torch.fx.Node], sample: Sample) -> Values:
        self.asked.append([node.name for node in nodes])
        references = _reference(self._program, nodes, sample)
        values = [references[node] for node in nodes]
        factors = [np.float32(FAULT if node.name in self._wrong else 1) for node in nodes]
        return [value * factor for value, factor in zip(values, factors, strict=True)]


@pytest.mark.parametrize("at_once", [1, 2, 3, 10])
@pytest.mark.parametrize("first", ["", "conv2d", "relu", "conv2d_1", "mean"])
def test_the_search_finds_the_first_however_few_are_seen_at_once(
    first: str, at_once: int, backbone: Program, made_sample: MadeSample
) -> None:
    prober = Scripted(backbone, first, at_once)
    drifting = _search(backbone, prober, made_sample(backbone), LIMIT, {})
    assert (drifting.name if drifting else "") == first
    assert all(len(asked) <= at_once for asked in prober.asked)


class Narrowed(torch.nn.Module):
    """A layer of wide range, and operators of exact arithmetic that narrow it, as MobileNetV2's first ReLU6 does."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 8, 3)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        wide = 100.0 * self.stem(x)
        clipped, few = torch.nn.functional.hardtanh(wide, 0.0, 6.0), torch.tensor([3])
        return (
            *(
                clipped,
                wide.clip(0.0, 1.0),
                wide.clamp(torch.zeros(1), torch.ones(1)),
                wide.clamp(max=0.1).clamp_min(0),
            ),
            *(torch.nn.functional.relu6(wide), torch.minimum(wide, torch.ones(1)).maximum(torch.zeros(1))),
            *(torch.where(wide.abs() > 1, torch.ones(1), wide), wide.masked_fill(wide.abs() > 1, 0.5)),
            *(wide[:, :1, 2:4, 3:5], wide.select(1, 2)[:, :2, :2], wide.split(2, 3)[1].chunk(4, 1)[0].unbind(2)[1]),
            *(wide[:, few, few, :3], wide.index_select(2, few), wide.gather(3, torch.zeros(1, 8, 1, 1).long())),
            *(wide.topk(2, 3)[0], wide.max(1)[0], wide.amax((2, 3)), wide.sort(3)[0][..., :1], wide.unfold(3, 2, 9)),
            *(torch.stack([clipped, clipped]), torch.cat([clipped, clipped]), clipped.flatten(1).roll(1), clipped.mT),
            *(
                torch.nn.functional.pad(clipped, (1, 2, 0, 1)),
                torch.nn.functional.pad(clipped, (1, 1, 1, 1), "reflect"),
            ),
            *(torch.nn.functional.max_pool2d(clipped, 3, 2), torch.nn.functional.pixel_shuffle(clipped, 2).flip(3)),
        )


class OffBy:
    """Shows the product after the stem, and all that follows from it, with one error: a `share` of the product's
    range.
    """

    at_once = 100

    def __init__(self, program: Program, share: float) -> None:
        self.visible = tuple(node for node in program.graph.nodes if node.op == "call_function" and is_float(node))
        (self.wide,) = (node for node in self.visible if node.name == "mul")
        self.wrong = {self.wide}
        for node in program.graph.nodes:
            if not self.wrong.isdisjoint(node.all_input_nodes):
                self.wrong.add(node)
        self._program, self._share = program, share

    def probe(self, nodes: Sequence[torch.fx.Node], sample: Sample) -> Values:
        references = _reference(self._program, {*nodes, self.wide}, sample)
        error = self._share * float(np.ptp(references[self.wide]))
        return [references[node] + np.float32(error if node in self.wrong else 0.0) for node in nodes]


def test_an_exact_operator_is_not_blamed_for_the_error_of_its_input(made_sample: MadeSample) -> None:
    torch.manual_seed(0)
    program = capture(Narrowed().eval(), torch.zeros(1, 3, 18, 26))
    sample = made_sample(program)
    prober = OffBy(program, 0.9 * LIMIT)
    ranges = {node: float(np.ptp(value)) for node, value in _reference(program, set(prober.visible), sample).items()}
    assert sum(0 < span < 0.5 * ranges[prober.wide] for node, span in ranges.items() if node in prober.wrong) > 25
    report = first_drift(program, prober, sample, LIMIT)
    assert report.drift is None, report.drift
    assert report.probed == len(prober.visible)
    found = first_drift(program, OffBy(program, 1.5 * LIMIT), sample, LIMIT).drift
    assert found is not None
    assert found.node == "mul"


def test_an_operator_that_jumps_is_not_blamed(made_sample: MadeSample) -> None:
    class Rounded(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x * 10.0).round()

    program = capture(Rounded().eval(), torch.zeros(1, 3, 18, 26))
    prober = Scripted(program, "round_1", 10)
    assert prober.visible[-1].name == "round_1"
    assert first_drift(program, prober, made_sample(program), LIMIT).drift is None
