"""`export` as a training program calls it: natural arguments, our errors, and a module that stays as it was."""

import gc
import inspect
import json
import os
import pydoc
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import efficientmod_export
from efficientmod_export import export, verify_bundle
from efficientmod_export._arguments import labels_given, names_of, side_lengths
from efficientmod_mobile.errors import InputError, ModelError

from ..raising import refused


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.BatchNorm2d(6), nn.ReLU())
        self.head = nn.Linear(6, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.head(self.body(x).mean((2, 3)))
        return result


def trained() -> Small:
    """In the middle of a training: train mode, gradients, statistics, a hook."""
    torch.manual_seed(0)
    module = Small().train()
    module(torch.randn(4, 3, 32, 48)).square().mean().backward()
    return module


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(module: nn.Module) -> list[Any]:
    """All that an export must leave."""
    tensors = [*module.named_parameters(), *module.named_buffers()]
    return [
        [(name, part.training) for name, part in module.named_modules()],
        [
            (name, id(value), value.device, value.requires_grad, value._version, id(value.grad))
            for name, value in tensors
        ],
        [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules()],
    ]


def test_a_module_in_training_is_exported_and_stays_as_it_was() -> None:
    module = trained()
    module.body.register_forward_hook(lambda *_: None)
    example = torch.rand(1, 3, 32, 48)
    before, generator = told(module), torch.get_rng_state()
    values = {key: value.clone() for key, value in module.state_dict().items()}
    result = export(module, example, targets="onnx", labels=["a", "b", "c", "d"], output="out")
    result.raise_for_failure()
    assert told(module) == before
    assert torch.equal(torch.get_rng_state(), generator)
    assert all(torch.equal(value, values[key]) for key, value in module.state_dict().items())

    manifest = json.loads(Path("out/manifest.json").read_text())
    assert (manifest["model"]["name"], manifest["model"]["num_classes"]) == ("Small", 4)
    assert manifest["inputs"][0]["shape"] == [1, 3, 32, 48]
    assert Path("out/labels.txt").read_text() == "a\nb\nc\nd\n"

    import onnxruntime as ort

    session = ort.InferenceSession("out/model.onnx")
    picture = torch.randn(1, 3, 32, 48)
    (scores,) = session.run(None, {session.get_inputs()[0].name: picture.numpy()})
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(scores), module.eval()(picture), rtol=1e-4, atol=1e-5)


def test_the_layers_of_a_module_that_is_gone_cannot_be_searched() -> None:
    export(trained(), resolution=(32, 48), targets="onnx").raise_for_failure()
    assert verify_bundle("out").exit_code == 0
    with refused(InputError, "network_not_rebuildable", "Small", "package.module:function"):
        verify_bundle("out", layers=True)


def test_a_wrapped_module_is_the_one_inside() -> None:
    export(nn.DataParallel(trained()), resolution="32x48", targets=["onnx"], name="mine").raise_for_failure()
    assert json.loads(Path("out/manifest.json").read_text())["model"]["name"] == "mine"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux tells the memory of a process there")
def test_memory_stays_flat_over_the_epochs() -> None:
    module, used = trained(), []
    for _ in range(8):
        export(module, resolution=(32, 48), targets=("onnx", "tflite"), output="out").raise_for_failure()
        gc.collect()
        used.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    assert used[-1] - used[3] < 20e6, [f"{value / 1e6:.0f} MB" for value in used]


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        ({"targets": 3}, "invalid_argument", "targets is a name or several, not 3"),
        ({"targets": ["onnx", 3]}, "invalid_argument", "targets"),
        ({"precisions": [None]}, "invalid_argument", "precisions"),
        ({"targets": "onxx"}, "unknown_target", "onxx"),
        ({"resolution": 0}, "invalid_resolution", "0x0"),
        ({"resolution": 2.5}, "invalid_resolution", "2.5"),
        ({"resolution": (1, 2, 3)}, "invalid_resolution", "(1, 2, 3)"),
        ({"resolution": "big"}, "invalid_resolution", "'big'"),
        ({"resolution": 32, "example_input": torch.rand(1, 3, 32, 32)}, "conflicting_options", "example input"),
        ({"example_input": torch.rand(3, 32, 32)}, "invalid_argument", "torch.rand(1, 3, 224, 224)"),
        ({"example_input": [1]}, "invalid_argument", "list"),
        ({"labels": 7}, "invalid_argument", "labels"),
        ({"labels": ["a"]}, "wrong_label_count", "1 lines"),
        ({"labels": "absent.txt"}, "unreadable_labels", "absent.txt"),
        ({"checkpoint": "x.pth"}, "conflicting_options", "A module has its weights"),
        ({"mean": (123.0, 116.0, 103.0)}, "invalid_preprocessing", "--mean"),
        ({"model": 3}, "invalid_argument", "int"),
        ({"model": "efficientmod_s", "name": "mine"}, "conflicting_options", "name"),
        ({"name": ""}, "invalid_argument", "''"),
        ({"name": "two\nlines"}, "invalid_argument", "one line"),
        ({"model": None}, "no_model_named", "--model"),
    ],
)
def test_wrong_arguments_get_our_errors(arguments: dict[str, Any], code: str, named: str) -> None:
    with refused(InputError, code, named):
        export(**{"model": Small(), "targets": "onnx", **arguments})
    assert not Path("out").exists()


def test_a_module_that_cannot_be_copied() -> None:
    module = Small()
    module.lock = iter(())  # type: ignore[assignment]
    module.lock = (one for one in ())  # type: ignore[assignment]
    with refused(ModelError, "uncopyable_module", "Small", "package.module:function"):
        export(module, resolution=32, targets="onnx")


def test_natural_forms_of_the_arguments() -> None:
    assert names_of("tflite", "targets") == ("tflite",)
    assert names_of(iter(["tflite", "onnx"]), "targets") == ("tflite", "onnx")
    assert side_lengths(224, None) == (224, 224)
    assert side_lengths("256x192", None) == side_lengths([256, 192], None) == (256, 192)  # type: ignore[arg-type]
    assert side_lengths(None, torch.rand(2, 1, 32, 48)) == side_lengths(None, torch.rand(1, 32, 48, 3)) == (32, 48)
    assert side_lengths(None, None) is None
    assert labels_given("labels.txt") == Path("labels.txt")
    assert labels_given(iter(["a", "b"])) == ("a", "b")


def test_help_and_completion_show_what_there_is() -> None:
    assert dir(efficientmod_export) == sorted(efficientmod_export.__all__)
    assert "ExportResult" in dir(efficientmod_export)
    text = pydoc.render_doc(efficientmod_export, renderer=pydoc.plaintext)
    assert "export(model: " in text
    assert "Convert a network, prove each artifact against PyTorch" in text
    assert all(parameter.annotation for parameter in inspect.signature(export).parameters.values())
