"""`efficientmod compare`: what an app must change, and which pictures flip."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import Result
from PIL import Image
from torch import nn

from efficientmod_export import export
from efficientmod_export.bundle.contract import open_bundle

from .cli.terminal import NARROWEST_FIRST, in_terminal
from .conftest import seal_again

Command = Callable[..., Result]
STD = "0.229 0.224 0.225"
NAMES = ["ant", "bee", "cat", "dog", "elk", "fox"]


def network(seed: int, classes: int = 6) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=4, padding=2), nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, classes)
    ).eval()


def bundle(folder: Path, seed: int = 0, targets: str = "onnx", **more: Any) -> Path:
    options = {"resolution": "48x64", "labels": NAMES, **more}
    classes = len(options["labels"])
    made = export(network(seed, classes), name="net", targets=targets, output=folder, **options)
    made.raise_for_failure()
    return folder


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle(tmp_path_factory.mktemp("compared") / "old")


def changed(old: Path, folder: Path, edit: Callable[[Any], None]) -> Path:
    """A copy with another manifest."""
    shutil.copytree(old, folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    edit(manifest)
    path.write_text(json.dumps(manifest))
    return folder


def told(efficientmod: Command, *arguments: Path | str) -> tuple[int, dict[str, Any]]:
    done = efficientmod("compare", *arguments, "--json")
    return done.exit_code, json.loads(done.stdout)


def required(document: dict[str, Any]) -> dict[str, str]:
    return {change["what"]: change["must"] for change in document["changes"] if change["must"]}


def test_a_bundle_takes_its_own_place(efficientmod: Command, old: Path) -> None:
    code, document = told(efficientmod, old, old)
    assert (code, document["changes"], document["not_compared"]) == (0, [], [])
    (agreement,) = document["agreements"]
    assert (agreement["pictures"], agreement["same_best"], agreement["same_five"]) == (5, 5, 5)
    assert agreement["largest_difference"] == 0


def test_other_weights_need_no_other_app_and_flip_pictures(efficientmod: Command, old: Path, tmp_path: Path) -> None:
    """The flips are those of the two networks in PyTorch."""
    new = bundle(tmp_path / "new", seed=3)
    rng = np.random.default_rng(0)
    files = []
    for place in range(12):
        noise = rng.integers(0, 256, (1 + place % 3, 1 + place % 2, 3), dtype=np.uint8)
        files.append(tmp_path / f"{place}.png")
        Image.fromarray(noise).resize((64, 48), Image.Resampling.NEAREST).save(files[-1])
    code, document = told(efficientmod, old, new, *files)
    assert code == 0
    assert {change["what"] for change in document["changes"]} == {"weights"}
    preprocessing = open_bundle(old).manifest.inputs[0].preprocessing
    assert preprocessing is not None
    expected = []
    for file in files:
        with Image.open(file) as picture:
            tensor = torch.from_numpy(preprocessing.tensor(preprocessing.pixels(np.asarray(picture))))
        with torch.no_grad():
            best = [int(network(seed)(tensor)[0].argmax()) for seed in (0, 3)]
        if best[0] != best[1]:
            expected.append((str(file), NAMES[best[0]], NAMES[best[1]]))
    (agreement,) = document["agreements"]
    assert expected
    assert [(one["picture"], one["before"]["label"], one["after"]["label"]) for one in agreement["flips"]] == expected
    assert agreement["same_best"] == 12 - len(expected)


def test_classes_are_the_same_by_their_names(efficientmod: Command, old: Path, tmp_path: Path) -> None:
    """The same network with its classes in another order answers as before, and an app must take the new names."""
    order = [1, 0, 2, 3, 5, 4]
    module = network(0)
    head = module[4]
    head.weight.data, head.bias.data = head.weight.data[order], head.bias.data[order]
    names = [NAMES[at] for at in order]
    made = export(module, name="net", targets="onnx", output=tmp_path / "new", resolution="48x64", labels=names)
    made.raise_for_failure()
    code, document = told(efficientmod, old, tmp_path / "new")
    assert code == 1
    assert required(document) == {
        "4 classes have another name, 4 of them only another place (0: ant, now bee; 1: bee, now ant; 4: elk, now fox; "
        "and 1 more)": "Take the names from its labels file."
    }
    assert document["agreements"][0]["flips"] == []


def test_what_an_app_must_change(efficientmod: Command, old: Path, tmp_path: Path) -> None:
    new = bundle(tmp_path / "new", resolution="64x32", interpolation="bilinear", mean=(0.5, 0.5, 0.5), labels=NAMES[:5])
    code, document = told(efficientmod, old, new)
    assert code == 1
    assert required(document) == {
        "input image: size": "Give pictures of 64x32 (height x width).",
        "input image: resizing": "Resize pictures so: cover 73x36 by bilinear.",
        "output logits: shape": "Read a tensor of 1x5.",
        "class names": "Take the names from its labels file.",
        "onnx fp32: input input: normalisation": f"Normalise pixels / 255 with: mean 0.5 0.5 0.5, std {STD}.",
    }
    assert document["agreements"][0]["largest_difference"] is None


@pytest.mark.parametrize(
    ("edit", "must"),
    [
        (
            lambda one: one["artifacts"][0].update(least_runtime="1.20"),
            {"onnx fp32: least runtime": "Ship ONNX Runtime 1.20 or newer."},
        ),
        (lambda one: one["artifacts"][0].update(least_runtime="1.9"), {}),
        (
            lambda one: one["outputs"][0].update(meaning="probabilities"),
            {"output logits: meaning": "Leave out the softmax: the scores are probabilities."},
        ),
        (
            lambda one: one["after_network"].pop(0),
            {"after the network": "After the network do: top_k of logits (k 5)."},
        ),
        (
            lambda one: one["artifacts"][0]["proofs"].append(
                {**one["artifacts"][0]["proofs"][0], "unit": "gpu", "state": "refused", "reason": "x"}
            ),
            {},
        ),
    ],
)
def test_one_change(
    efficientmod: Command, old: Path, tmp_path: Path, edit: Callable[[Any], None], must: dict[str, str]
) -> None:
    code, document = told(efficientmod, old, changed(old, tmp_path / "new", edit))
    assert (code, required(document)) == (1 if must else 0, must)


def test_a_place_that_no_longer_runs_it(efficientmod: Command, old: Path, tmp_path: Path) -> None:
    def fail(manifest: Any) -> None:
        manifest["artifacts"][0]["proofs"][0].update(state="failed", reason="it is wrong")
        manifest["status"] = "failed"

    code, document = told(efficientmod, old, changed(old, tmp_path / "new", fail))
    assert (code, required(document)) == (
        1,
        {
            "proof": "Do not ship it: a file does not compute what PyTorch computes.",
            "onnx fp32: cpu in float32": "Do not run model.onnx on cpu in float32.",
        },
    )


def test_files_of_other_targets_are_held_against_each_other(efficientmod: Command, old: Path, tmp_path: Path) -> None:
    new = bundle(tmp_path / "new", targets="tflite", units="cpu")
    code, document = told(efficientmod, old, new)
    assert (code, required(document)) == (1, {"onnx fp32": "Load another file: it has model.tflite."})
    (agreement,) = document["agreements"]
    assert (agreement["before"], agreement["after"], agreement["same_best"]) == ("onnx", "tflite", 5)
    assert agreement["largest_difference"] < 1e-5


def test_networks_that_give_no_scores(efficientmod: Command, tmp_path: Path) -> None:
    for name, scale in (("old", 1.0), ("new", 1.1)):
        torch.manual_seed(0)
        dense = nn.Conv2d(3, 3, 3, padding=1)
        dense.weight.data *= scale
        export(dense, resolution="24x32", targets="onnx", output=tmp_path / name).raise_for_failure()
    code, document = told(efficientmod, tmp_path / "old", tmp_path / "new")
    (agreement,) = document["agreements"]
    assert (code, agreement["classes"], agreement["flips"]) == (0, False, [])
    assert 0.02 < agreement["largest_difference"] < 0.1


def test_what_cannot_be_compared(efficientmod: Command, old: Path, tmp_path: Path) -> None:
    damaged = shutil.copytree(old, tmp_path / "damaged")
    (damaged / "model.onnx").write_bytes(b"other")
    (tmp_path / "no.png").write_text("no picture")
    assert told(efficientmod, old, damaged)[0] == 2
    assert told(efficientmod, old, tmp_path)[0] == 2
    assert told(efficientmod, old, old, tmp_path / "no.png")[0] == 2
    (damaged / "model.onnx").write_bytes(b"other")
    seal_again(damaged)  # a file that its runtime does not load is told, and the manifests are compared
    code, document = told(efficientmod, old, damaged)
    assert (code, document["agreements"], len(document["not_compared"])) == (0, [], 1)


@pytest.mark.parametrize("columns", NARROWEST_FIRST)
def test_it_fits_the_terminal(old: Path, tmp_path: Path, columns: int) -> None:
    def other(manifest: Any) -> None:
        manifest["artifacts"][0]["least_runtime"] = "1.30"

    changed(old, tmp_path / "new", other)
    shutil.copytree(old, tmp_path / "old")
    command = (sys.executable, "-m", "efficientmod_export", "compare", tmp_path / "old", tmp_path / "new", "--quiet")
    shown = in_terminal(*command, columns=columns)
    assert shown.exit_code == 1, shown.text
    assert "Ship ONNX Runtime 1.30 or newer." in shown.text
    shown = in_terminal(sys.executable, "-m", "efficientmod_export", "compare", old, old, columns=columns)
    assert shown.exit_code == 0, shown.text
    rest = [line for line in shown.lines if "0:00:" not in line and str(old) not in line]
    assert all(len(line) <= columns for line in rest), shown.text
    assert "5 with the same best class" in " ".join(rest)
