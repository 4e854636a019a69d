"""The command line, as a person meets it."""

import json
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import Result
from torch import nn

Command = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("tiny_model")


def test_one_command_makes_a_bundle_and_another_proves_it(efficientmod: Command, tiny_model: str) -> None:
    made = efficientmod("export", "--model", tiny_model, "--target", "tflite", "--keep-onnx", "--output", "bundle")
    assert made.exit_code == 0, made.output
    for words in ("tflite", "model.tflite", "passed", "top-5 equal", "efficientmod verify bundle"):
        assert words in made.output
    assert {path.name for path in Path("bundle").iterdir()} == {"golden", "manifest.json", "model.onnx", "model.tflite"}

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
    assert document["targets"][0]["artifact"]["delegates"] == 1
    proven = json.loads(efficientmod("verify", "bundle", "--json").stdout)
    assert (proven["problems"], proven["exit_code"]) == ([], 0)


def test_core_ml_says_that_it_was_not_run_here(efficientmod: Command, tiny_model: str) -> None:
    made = efficientmod("export", "--model", tiny_model, "--target", "coreml", "--output", "bundle")
    assert made.exit_code == 0, made.output
    assert "not run here" in made.output
    manifest = json.loads(Path("bundle/manifest.json").read_text())
    assert manifest["artifacts"][0]["parity"]["outcome"] == "not run here"


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
    assert efficientmod("export", *arguments, "--output", "bundle").exit_code == 1
    sentences = json.loads(efficientmod("verify", "bundle", "--layers", "--json").stdout)["layers"]["coreml"]
    assert sentences[0].startswith(f"the first layer that drifts is {layer} ")
    assert sentences[1].startswith(f"the first operator that overflows float16 is {kind} ")
    assert sentences[1].endswith(f" in {layer}.")


def test_executorch_for_core_ml_is_proven_by_the_interpreter_and_linted(efficientmod: Command, tiny_model: str) -> None:
    chosen = ("--target", "executorch", "--executorch-backend", "coreml")
    made = efficientmod("export", "--model", tiny_model, *chosen, "--output", "bundle")
    assert made.exit_code == 0, made.output
    # The widest row of all, in 80 columns.
    for words in ("executorch-coreml  model_coreml.pte  fp16", "interpreted", "not run here", "delegates: 1"):
        assert words in made.output
    assert made.stderr == ""
    (artifact,) = json.loads(Path("bundle/manifest.json").read_text())["artifacts"]
    assert (artifact["target"], artifact["file"]) == ("executorch-coreml", "model_coreml.pte")
    assert (artifact["delegates"], artifact["outside"]) == (1, [])
    outcomes = [artifact["parity"], artifact["interpreted"]["graph"], artifact["interpreted"]["numerics"]]
    assert [one["outcome"] for one in outcomes] == ["not run here", "passed", "passed"]

    proven = efficientmod("verify", "bundle", "--json")
    assert json.loads(proven.stdout)["targets"][0]["artifact"]["interpreted"]["numerics"]["outcome"] == "passed"
    linted = json.loads(efficientmod("lint", "bundle", "--json").stdout)
    assert linted["operators"] > 3


@pytest.mark.slow
def test_executorch_for_vulkan_says_that_it_was_not_run_here(efficientmod: Command, tiny_model: str) -> None:
    chosen = ("--target", "executorch", "--executorch-backend", "vulkan")
    made = efficientmod("export", "--model", tiny_model, *chosen, "--output", "bundle")
    assert made.exit_code == 0, made.output
    assert "executorch-vulkan has no runtime on" in made.output
    (artifact,) = json.loads(Path("bundle/manifest.json").read_text())["artifacts"]
    assert (artifact["parity"]["outcome"], artifact["interpreted"], artifact["delegates"]) == ("not run here", None, 1)
    for command, says in (("bench", "No artifact of this bundle runs here"), ("lint", "has no Core ML model")):
        refused = efficientmod(command, "bundle")
        assert refused.exit_code != 0
        assert says in refused.stderr


def test_an_executorch_backend_that_nobody_knows(efficientmod: Command, tiny_model: str) -> None:
    arguments = ("export", "--model", tiny_model, "--target", "executorch", "--executorch-backend", "qnn")
    refused = efficientmod(*arguments)
    assert refused.exit_code == 2
    assert "xnnpack" in refused.stderr
    assert not Path("out").exists()
    assert "for: xnnpack," in efficientmod("export", "--help").output


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

    proven = efficientmod("verify", "bundle", "--layers")
    assert proven.exit_code == 1
    assert "model.onnx has changed: its SHA-256 is not the manifest's" in proven.output
    assert "the first layer that drifts is 3 (aten.conv2d.default" in proven.output


def test_a_module_that_has_changed_is_not_compared(
    efficientmod: Command, tiny_model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--model", tiny_model, "--target", "onnx", "--output", "out")
    assert efficientmod("export", *arguments).exit_code == 0
    assert efficientmod("verify", "out", "--layers").exit_code == 0
    build = sys.modules["tiny_network"].build

    def changed() -> nn.Module:
        network: nn.Module = build()
        nn.init.ones_(network.get_parameter("7.bias"))
        return network

    monkeypatch.setattr("tiny_network.build", changed)
    result = efficientmod("verify", "out", "--layers")
    assert result.exit_code == 2
    assert "tiny_network:build gives other weights than the bundle was made from" in result.stderr


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
