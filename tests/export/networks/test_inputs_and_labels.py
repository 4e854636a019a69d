"""What a network takes, and what apps read of a network with labels."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from ai_edge_litert.interpreter import Interpreter
from torch import Tensor, nn

from efficientmod_export import export
from efficientmod_export._input_forms import LUMA, in_forms
from efficientmod_export._network_inputs import TensorInput, declared_inputs, parse_input
from efficientmod_export._pixel_scale import pixels_expected
from efficientmod_export._reference import reference_outputs
from efficientmod_export._stages import Sample
from efficientmod_export.mil import MILProgram
from efficientmod_export.parity import torch_inputs
from efficientmod_export.steps import subject_of
from efficientmod_mobile import IMAGENET, Network, Weights
from efficientmod_mobile.deploy import EXACT, deploy, run
from efficientmod_mobile.errors import ConversionError, InputError

from ...raising import refused
from .fifteen import Net, stem

MODULE = """
import torch
from torch import nn

def build():
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 7), nn.Softmax(1)
    return nn.Sequential(*layers)
"""
SIZE = (18, 26)


def network(module: nn.Module) -> Network:
    return Network("net", module.eval(), None, Weights("module", sha256="0" * 64), IMAGENET)


def sample() -> Sample:
    return declared_inputs(network(nn.Identity()), SIZE)[1][0]


def test_a_grey_network_gets_the_luma_of_the_picture() -> None:
    inner = Net(lambda n, x: n.stem(x).mean((2, 3)), stem=stem(channels=1))
    adapted = in_forms(network(inner), sample())
    x = torch.randn(1, 3, *SIZE)
    luma = sum(weight * x[:, channel] for channel, weight in enumerate(LUMA))
    assert isinstance(luma, Tensor)
    torch.testing.assert_close(adapted.module(x), inner(luma[:, None]))
    assert adapted.num_classes == 8


def test_a_network_of_pictures_stays_as_it_is() -> None:
    given = network(Net(lambda n, x: n.stem(x), stem=stem()))
    assert in_forms(given, sample()) is given


def test_a_network_of_bytes_gets_the_pixels_values() -> None:
    def inner(_: object, x: Tensor) -> Tensor:
        assert (x.dtype, x.shape[3]) == (torch.uint8, 3)
        return (x // 2).sum((1, 2)).float()

    given = network(Net(inner))
    adapted = in_forms(given, sample())
    assert adapted.preprocessing.mean == (0.0, 0.0, 0.0)
    (picture,) = declared_inputs(adapted, SIZE)[1][1].inputs
    assert picture.pixels is not None
    expected = torch.from_numpy(picture.pixels // 2).sum((0, 1)).float()
    assert torch.equal(adapted.module(torch.from_numpy(picture.tensor)), expected[None])
    stated = replace(given, preprocessing=IMAGENET.stated({"mean": (0.5,)}, "--mean"))
    with refused(InputError, "conflicting_options", "--mean"):
        in_forms(stated, sample())
    broken = replace(stated, module=Net(lambda n, x: x.no_such_thing))
    assert in_forms(broken, sample()) is broken


@pytest.mark.parametrize(
    ("scale", "told"),
    [
        (lambda x: x / 255, "divides image by 255"),
        (lambda x: x.permute(0, 2, 3, 1).float().mul(1 / 127.5).permute(0, 3, 1, 2) - 1, "divides image by 127.5"),
        (lambda x: x / 2, ""),
        (lambda x: x.sigmoid() / 255, ""),
    ],
)
def test_a_network_that_scales_pixels_is_told(scale: Callable[[Tensor], Tensor], told: str) -> None:
    module = Net(lambda n, x: n.stem(scale(x)), stem=stem())
    subject = subject_of(network(module), SIZE)
    sentences = pixels_expected(subject.capture(), subject.inputs)
    assert len(sentences) == bool(told)
    assert all(told in one and "--input image=pixels:18x26" in one for one in sentences)
    asked = subject_of(network(module), inputs=[parse_input("image=pixels:18x26")])
    assert pixels_expected(asked.capture(), asked.inputs) == ()


def test_pixels_that_are_asked_for() -> None:
    module = Net(lambda n, x: n.stem(x.float() / 255).mean((2, 3)), stem=stem())
    subject = subject_of(network(module), inputs=[parse_input("photo=pixels:18x26")])
    assert subject.preprocessing is not None
    assert subject.preprocessing.mean == (0.0, 0.0, 0.0)
    (picture,) = subject.held.samples[1].inputs
    assert picture.pixels is not None
    np.testing.assert_allclose(picture.tensor[0], picture.pixels.transpose(2, 0, 1), rtol=1e-6)
    x = torch.from_numpy(picture.pixels.transpose(2, 0, 1).copy())[None]
    assert torch.equal(torch.from_numpy(subject.held.references[1][0]), module(x))


@pytest.mark.parametrize(
    ("values", "dtype", "shape"),
    [
        (np.array([[True, False]]), "int32", (1, 2)),
        (np.array([[200, 3]], np.uint8), "int32", (1, 2)),
        (np.array([-5], np.int8), "int32", (1,)),
        (np.array([[0.1]]), "float32", (1, 1)),
        (np.array(7), "int64", (1,)),
        (np.array(0.5, np.float32), "float32", (1,)),
        (np.array(True), "int32", (1,)),
    ],
)
def test_tensors_that_a_bundle_has_in_another_form(
    values: np.ndarray[tuple[int, ...], np.dtype[np.generic]], dtype: str, shape: tuple[int, ...]
) -> None:
    def inner(n: object, x: Tensor, given: Tensor) -> Tensor:
        assert given.shape == values.shape
        assert given.dtype in (torch.from_numpy(np.asarray(values)).dtype, torch.float32)
        return x.mean((2, 3)) + given.sum()

    inputs = [parse_input("image=picture:18x26"), TensorInput("given", values.shape, values)]
    subject = subject_of(network(Net(inner)), inputs=inputs)
    assert (subject.inputs[1].dtype, subject.inputs[1].shape) == (dtype, shape)
    rebuilt = in_forms(network(Net(inner)), subject.held.samples[0])  # nothing but the bundle's tensors is known
    outputs, _ = reference_outputs(rebuilt.module, subject.held.samples)
    np.testing.assert_array_equal(outputs[0][0], subject.held.references[0][0])


def test_a_dictionary_is_told_with_its_keys() -> None:
    module = Net(lambda n, x: n.stem(x["image"]) * x.get("scale").mean(), stem=stem())
    with refused(ConversionError, "dictionary_input", "'image' and 'scale'", 'self.network({"image": image'):
        in_forms(network(module), sample())


@pytest.mark.parametrize(
    ("end", "dtype"),
    [
        (lambda y: y.double(), np.float32),
        (lambda y: (y.sigmoid() * 255).byte(), np.int32),
        (lambda y: (y * 9).to(torch.int16), np.int32),
        (lambda y: y > 0, np.bool_),
    ],
)
def test_outputs_that_a_bundle_has_in_another_dtype(end: Callable[[Tensor], Tensor], dtype: type) -> None:
    module = Net(lambda n, x: end(n.stem(x)), stem=stem())
    subject = subject_of(network(module), SIZE)
    reference = subject.held.references[0][0]
    assert reference.dtype == dtype
    program = subject.capture()
    (given,) = run(program, *torch_inputs(subject.held.samples[0]))
    np.testing.assert_array_equal(given, reference)
    assert deploy(program, EXACT).certificate.float64_error <= 1e-12


class Named(nn.Module):
    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return left - right


def test_inputs_are_counted_and_named() -> None:
    with pytest.raises(ConversionError) as raised:
        in_forms(network(Named()), sample())
    assert raised.value.code == "several_inputs"
    assert "2 inputs: left, right" in str(raised.value)


@pytest.mark.parametrize(
    ("end", "meaning"),
    [
        (lambda y: y, "logits"),
        (lambda y: F.log_softmax(y, 1), "logits"),
        (lambda y: F.softmax(y, 1), "probabilities"),
        (lambda y: y[..., None, None].softmax(1).squeeze((2, 3)), "probabilities"),
        (lambda y: (y / 1.5).softmax(-1).reshape(1, 7), "probabilities"),
        (lambda y: F.log_softmax(y, 1).exp(), "probabilities"),
        (lambda y: y.exp() / y.exp().sum(1, keepdim=True), "probabilities"),
        (torch.sigmoid, "probabilities"),
        (lambda y: (y.tanh() + 1) / 2, "probabilities"),
        (lambda y: y.clamp(0, 1), "probabilities"),
        (lambda y: y * 1e-3 + 0.5, "logits"),
    ],
)
def test_what_the_scores_are(end: Callable[[Tensor], Tensor], meaning: str) -> None:
    torch.manual_seed(0)
    inner = Net(lambda n, x: end(n.head(n.stem(x).mean((2, 3)))), stem=stem(), head=nn.Linear(8, 7))
    subject = subject_of(replace(network(inner), num_classes=7), SIZE)
    assert subject.options("fp16").scores == meaning
    assert [step.step for step in subject.after_network] == ["softmax"] * (meaning == "logits") + ["top_k"]


def test_a_network_that_ends_in_softmax(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ends_in_softmax.py").write_text(MODULE)
    (tmp_path / "labels.txt").write_text("".join(f"class {letter}\n" for letter in "abcdefg"))
    monkeypatch.chdir(tmp_path)
    result = export(
        "ends_in_softmax:build",
        targets=("coreml", "tflite"),
        output=tmp_path / "out",
        resolution=SIZE,
        labels=tmp_path / "labels.txt",
    )
    result.raise_for_failure()
    program = MILProgram.load(tmp_path / "out" / "model.mlpackage")
    assert Counter(operation.kind for operation in program.function.operations)["softmax"] == 1
    picture = np.random.RandomState(0).randint(0, 256, (*SIZE, 3)).astype(np.uint8)
    predicted = program.predict({"image": picture})
    np.testing.assert_allclose(list(predicted["classLabel_probs"].values()), predicted["logits"][0], atol=1e-6)

    tensors = Interpreter(str(tmp_path / "out" / "model.tflite")).get_tensor_details()
    names = [tensor["name"] for tensor in tensors if tensor["name"]]
    assert [name for name, count in Counter(names).items() if count > 1] == []


class Memory(nn.Module):
    """A network that takes a picture and its own state."""

    def __init__(self, named: bool) -> None:
        super().__init__()
        self.stem, self.rows, self.named = nn.Conv2d(3, 8, 3), nn.Linear(4, 8), named

    def forward(self, output: Tensor, state: Tensor) -> object:
        after = self.stem(output).mean((2, 3)) + self.rows(state)
        return {"state": after, "output": after.sin()} if self.named else after[None]


def test_an_output_has_another_name_than_the_inputs() -> None:
    torch.manual_seed(0)
    inputs = [parse_input(text) for text in ("output=picture:18x26", "state=tensor:1x4")]
    subject = subject_of(network(Memory(named=True)), inputs=inputs)
    assert [one.name for one in subject.outputs] == ["state_2", "output_2"]
    assert subject.capture().output_names == ("state_2", "output_2")
    with refused(InputError, "input_named_as_output", "both called output"):
        subject_of(network(Memory(named=False)), inputs=inputs)
