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
from efficientmod_export._network_inputs import declared_inputs, parse_input
from efficientmod_export._picture_input import LUMA, for_pictures
from efficientmod_export._stages import Sample
from efficientmod_export.mil import MILProgram
from efficientmod_export.steps import subject_of
from efficientmod_mobile import IMAGENET, Network, Weights
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
    adapted = for_pictures(network(inner), sample())
    x = torch.randn(1, 3, *SIZE)
    luma = sum(weight * x[:, channel] for channel, weight in enumerate(LUMA))
    assert isinstance(luma, Tensor)
    torch.testing.assert_close(adapted.module(x), inner(luma[:, None]))
    assert adapted.num_classes == 8


def test_a_network_of_pictures_stays_as_it_is() -> None:
    given = network(Net(lambda n, x: n.stem(x), stem=stem()))
    assert for_pictures(given, sample()) is given


class Named(nn.Module):
    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return left - right


def test_inputs_are_counted_and_named() -> None:
    with pytest.raises(ConversionError) as raised:
        for_pictures(network(Named()), sample())
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
