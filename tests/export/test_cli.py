"""The command line from end to end."""

import json
import platform
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from torch import nn

from .conftest import seal_again

Command = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("tiny_model")


def test_one_command_makes_a_bundle_and_another_proves_it(efficientmod: Command, tiny_model: str) -> None:
    made = efficientmod("export", "--model", tiny_model, "--target", "tflite", "--keep-onnx", "--output", "bundle")
    assert made.exit_code == 0, made.output
    for words in ("tflite", "model.tflite", "passed", "top-5 equal", "efficientmod verify bundle"):
        assert words in made.output
    assert {path.name for path in Path("bundle").iterdir()} == {
        "golden",
        "manifest.json",
        "model.onnx",
        "README.md",
        "model.tflite",
        "proof.json",
    }

    proven = efficientmod("verify", "bundle")
    assert proven.exit_code == 0, proven.output
    assert "The bundle is what it says" in proven.output


def test_a_folder_that_looks_like_an_option_is_named_so_that_it_is_none(efficientmod: Command, tiny_model: str) -> None:
    made = efficientmod("export", "--model", tiny_model, "--target", "onnx", "--output", "-x")
    assert "efficientmod verify ./-x\n" in made.output


def test_two_exports_give_the_same_bytes(efficientmod: Command, tiny_model: str) -> None:
    for folder in ("first", "second"):
        made = efficientmod("export", "--model", tiny_model, "--target", "all", "--output", folder, "--quiet")
        assert (made.exit_code, made.output) == (0, "")
    first, second = (
        {path.relative_to(folder): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
        for folder in ("first", "second")
    )
    assert first == second


def test_json_is_the_whole_of_standard_output(efficientmod: Command, tiny_model: str) -> None:
    made = efficientmod("export", "--model", tiny_model, "--target", "executorch", "--output", "bundle", "--json")
    document = json.loads(made.stdout)
    assert document["exit_code"] == made.exit_code == 0
    assert document["variants"][0]["artifact"]["delegates"] == 1
    proven = json.loads(efficientmod("verify", "bundle", "--json").stdout)
    assert (proven["problems"], proven["exit_code"]) == ([], 0)


def test_core_ml_says_that_it_was_not_run_here(efficientmod: Command, tiny_model: str) -> None:
    made = efficientmod("export", "--model", tiny_model, "--target", "coreml", "--output", "bundle")
    assert made.exit_code == 0, made.output
    assert (
        f"    neural_engine, gpu, cpu not run here: Core ML is a part of macOS, and this is {platform.system()}"
        in made.output
    )
    artifact = only_artifact(Path("bundle"))
    assert outcomes(artifact) == [
        ("runtime", "neural_engine", "not run here"),
        ("runtime", "gpu", "not run here"),
        ("runtime", "cpu", "not run here"),
        ("numerics", None, "passed"),
        ("graph", None, "passed"),
    ]


def only_artifact(bundle: Path) -> dict[str, Any]:
    """What the manifest and the proof say of it."""
    told = [json.loads((bundle / name).read_text())["artifacts"] for name in ("manifest.json", "proof.json")]
    (entry,), (evidence,) = told
    return {**entry, **evidence}


def outcomes(artifact: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    return [(check["gate"], check["unit"], check["verdict"]["outcome"]) for check in artifact["checks"]]


def test_several_precisions_of_several_targets(efficientmod: Command, tiny_model: str) -> None:
    asked = ("--target", "onnx", "--target", "tflite", "--precision", "fp16", "--precision", "fp32")
    made = efficientmod("export", "--model", tiny_model, *asked, "--output", "bundle")
    assert made.exit_code == 0, made.output
    assert made.stderr.endswith("\nonnx has no precision fp16, only fp32.\n")
    names = {path.name for path in Path("bundle").iterdir()}
    assert names == {
        "golden",
        "manifest.json",
        "model.onnx",
        "model.tflite",
        "model_fp16.tflite",
        "proof.json",
        "README.md",
        "recorded",
    }

    told = json.loads(efficientmod("export", "--model", tiny_model, *asked, "--output", "bundle", "--json").stdout)
    assert told["lacking"] == ["onnx has no precision fp16, only fp32."]
    assert [(one["target"], one["precision"]) for one in told["variants"]] == [
        ("onnx", "fp32"),
        ("tflite", "fp32"),
        ("tflite", "fp16"),
    ]
    proven = efficientmod("verify", "bundle")
    assert proven.exit_code == 0, proven.output
    assert "model_fp16.tflite" in proven.output


OVERFLOWING = """
import torch
from torch import nn


class Large(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2)
        self.wide = nn.Conv2d(8, 12, 1)
        self.act = nn.ReLU()
        self.head = nn.Linear(12, 5)
        nn.init.normal_(self.wide.weight, std=SCALE)

    def forward(self, x):
        return self.head((self.act(self.wide(self.stem(x))) / SCALE).mean((2, 3)))


def build():
    torch.manual_seed(0)
    return Large().eval()
"""


@pytest.mark.parametrize(
    ("scale", "layer", "kind"),
    [("1.5e4", "wide", "conv"), ("2e6", "act", "cast")],  # coremltools leaves a layer of too large weights in float32
    ids=["values", "weights"],
)
def test_layers_name_the_first_operator_of_a_core_ml_model_that_overflows(
    scale: str, layer: str, kind: str, efficientmod: Command
) -> None:
    network = f"large_network_{layer}"
    Path(f"{network}.py").write_text(OVERFLOWING.replace("SCALE", scale))
    arguments = ("--model", f"{network}:build", "--resolution", "48x64", "--target", "coreml", "--keep-failed")
    made = efficientmod("export", *arguments, "--publish-names", "--output", "bundle")
    assert made.exit_code == 1, made.output
    sentences = json.loads(efficientmod("verify", "bundle", "--layers", "--json").stdout)["layers"]["coreml"]
    assert sentences[0].startswith(f"the first layer that drifts is {layer} ")
    assert sentences[1].startswith(f"the first operator that overflows float16 is {kind} ")
    assert sentences[1].endswith(f" in {layer}.")


def test_executorch_for_core_ml_is_proven_by_the_interpreter_and_linted(efficientmod: Command, tiny_model: str) -> None:
    made = efficientmod("export", "--model", tiny_model, "-t", "executorch-coreml", "--output", "bundle")
    assert made.exit_code == 0, made.output
    for words in ("executorch-coreml  model_coreml.pte  fp16", "interpreted", "not run here", "delegates: 1"):
        assert words in made.output
    artifact = only_artifact(Path("bundle"))
    assert (artifact["target"], artifact["file"]) == ("executorch-coreml", "model_coreml.pte")
    assert (artifact["delegates"], artifact["outside"]) == (1, [])
    found = outcomes(artifact)
    assert found == [
        ("runtime", "neural_engine", "not run here"),
        ("runtime", "gpu", "not run here"),
        ("runtime", "cpu", "not run here"),
        ("numerics", None, "passed"),
        ("graph", None, "passed"),
    ]

    proven = efficientmod("verify", "bundle", "--json")
    assert outcomes(json.loads(proven.stdout)["variants"][0]["artifact"]) == [*found, ("replay", None, "passed")]
    (linted,) = json.loads(efficientmod("lint", "bundle", "--json").stdout)["reports"]
    assert linted["operators"] > 3


@pytest.mark.slow
def test_executorch_for_vulkan_is_interpreted_and_says_that_it_was_not_run_here(
    efficientmod: Command, tiny_model: str
) -> None:
    made = efficientmod("export", "--model", tiny_model, "-t", "executorch-vulkan", "--output", "bundle")
    assert made.exit_code == 0, made.output
    assert "    gpu not run here: the ExecuTorch of this machine was built without Vulkan" in made.output
    artifact = only_artifact(Path("bundle"))
    found = [("runtime", "gpu", "not run here"), ("numerics", None, "passed"), ("graph", None, "passed")]
    assert (outcomes(artifact), artifact["delegates"]) == (found, 1)
    assert "interpreted" in made.output
    proven = efficientmod("verify", "bundle", "--json")
    assert outcomes(json.loads(proven.stdout)["variants"][0]["artifact"]) == [*found, ("replay", None, "passed")]
    for command, code in (("bench", "no_measurable_artifact"), ("lint", "no_lintable_artifact")):
        answer = efficientmod(command, "bundle", "--json")
        assert answer.exit_code == 2
        assert json.loads(answer.stdout)["error"]["code"] == code


def test_an_unknown_target(efficientmod: Command, tiny_model: str) -> None:
    answer = efficientmod("export", "--model", tiny_model, "--target", "executorch-qnn", "--json")
    assert answer.exit_code == 2
    error = json.loads(answer.stdout)["error"]
    assert (error["code"], error["kind"]) == ("unknown_target", "InputError")
    assert answer.stderr == f"Error: {error['message']}\n"
    for name in ("executorch-qnn", "coreml, executorch, executorch-coreml, "):
        assert name in answer.stderr
    assert not Path("out").exists()
    assert "executorch-backend" not in efficientmod("export", "--help").output


def test_layers_name_the_layer_whose_weight_was_changed(efficientmod: Command, tiny_model: str) -> None:
    import onnx
    from onnx import numpy_helper

    efficientmod("export", "--model", tiny_model, "--target", "onnx", "--output", "bundle", "--quiet")
    model = onnx.load("bundle/model.onnx")
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    second = [node for node in model.graph.node if node.op_type == "Conv"][1]
    tensor = weights[second.input[1]]
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * 1.01, tensor.name))
    onnx.save(model, "bundle/model.onnx")

    changed = efficientmod("verify", "bundle", "--layers", "--model", tiny_model, "--json")
    assert changed.exit_code == 1
    (problem,) = json.loads(changed.stdout)["problems"]
    assert problem == "model.onnx: its SHA-256 is not the one that the manifest states"
    assert json.loads(changed.stdout)["variants"] == []

    seal_again(Path("bundle"))
    proven = efficientmod("verify", "bundle", "--layers", "--model", tiny_model, "--json")
    assert proven.exit_code == 1
    (variant,) = json.loads(proven.stdout)["variants"]
    assert variant["failure"]["code"] == "wrong_result"
    (sentence,) = json.loads(proven.stdout)["layers"]["onnx"]
    assert "3 (aten.conv2d.default" in sentence


def test_a_module_that_has_changed_is_not_compared(
    efficientmod: Command, tiny_model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--model", tiny_model, "--target", "onnx", "--output", "out")
    assert efficientmod("export", *arguments).exit_code == 0
    assert efficientmod("verify", "out", "--layers", "--model", tiny_model).exit_code == 0
    build = sys.modules["tiny_network"].build

    def changed() -> nn.Module:
        network: nn.Module = build()
        nn.init.ones_(network.get_parameter("7.bias"))
        return network

    monkeypatch.setattr("tiny_network.build", changed)
    result = efficientmod("verify", "out", "--layers", "--model", tiny_model, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "weights_not_reproduced"
    assert "tiny_network:build" in result.stderr


def test_the_catalogue_is_a_table(efficientmod: Command) -> None:
    shown = efficientmod("models")
    assert shown.exit_code == 0
    for words in ("efficientmod_xxs", "4.74 M", "0.557 G", "77.1 %", "timm/repvit_m1_1"):
        assert words in shown.output
    assert json.loads(efficientmod("models", "--json").stdout)[0]["name"] == "efficientmod_xxs"


def test_the_doctor_finds_this_environment_well(efficientmod: Command) -> None:
    shown = efficientmod("doctor")
    assert shown.exit_code == 0
    assert "Everything that the targets need is installed" in shown.output
    assert all(check["satisfied"] for check in json.loads(efficientmod("doctor", "--json").stdout)["packages"])


def test_the_version_is_that_of_the_distribution(efficientmod: Command) -> None:
    shown = efficientmod("--version")
    assert shown.exit_code == 0
    assert shown.output == f"efficientmod-mobile {metadata.version('efficientmod-mobile')}\n"
