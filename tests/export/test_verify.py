"""A bundle proven again: what cannot be proven is never shown as proven."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from click.testing import Result

from efficientmod_export._recorded import other_labels
from efficientmod_export.targets.coreml._mlpackage import MODEL

from .conftest import seal_again

Command = Callable[..., Result]


@pytest.fixture
def bundle(efficientmod: Command, tiny_model: str) -> Path:
    made = efficientmod("export", "--model", tiny_model, "--target", "onnx", "--output", "out", "--quiet")
    assert made.exit_code == 0, made.output
    return Path("out")


def test_a_file_that_cannot_be_loaded_is_not_proven(efficientmod: Command, bundle: Path) -> None:
    model = bundle / "model.onnx"
    model.write_bytes(model.read_bytes()[:1000])
    seal_again(bundle)
    shown = efficientmod("verify", bundle)
    assert shown.exit_code != 0
    assert "not proven" in shown.stdout
    assert "passed" not in shown.stdout
    (variant,) = json.loads(efficientmod("verify", bundle, "--json").stdout)["variants"]
    assert (variant["artifact"], variant["failure"]["code"]) == (None, "loading_failed")


def test_a_link_is_neither_opened_nor_proven(efficientmod: Command, bundle: Path, tmp_path: Path) -> None:
    (bundle / "model.onnx").rename(tmp_path / "elsewhere.onnx")
    (bundle / "model.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    shown = efficientmod("verify", bundle, "--json")
    assert shown.exit_code == 1
    result = json.loads(shown.stdout)
    (problem,) = result["problems"]
    assert "model.onnx" in problem
    assert "link" in problem
    assert result["variants"] == []


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (("file",), "model.tflite", "file=model.tflite, and for onnx it is model.onnx"),
        (("inputs", 0, "dtype"), "uint8", "inputs[0].dtype=uint8, and for onnx it is float32"),
        (("inputs", 0, "normalisation"), None, "inputs[0].normalisation=None, and for onnx it is {'mean'"),
        (("outputs", 0, "name"), "scores", "outputs[0].name=scores, and for onnx it is logits"),
    ],
)
def test_a_manifest_that_describes_other_tensors(
    efficientmod: Command, bundle: Path, place: tuple[Any, ...], value: Any, says: str
) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    entry = manifest["artifacts"][0]
    if place == ("file",):
        proof = bundle / "proof.json"
        proof.write_text(proof.read_text().replace(entry["file"], value))
        (bundle / entry["file"]).rename(bundle / value)
    *above, last = place
    for key in above:
        entry = entry[key]
    entry[last] = value
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    seal_again(bundle)
    shown = efficientmod("verify", bundle)
    assert shown.exit_code == 1, shown.output
    assert says in shown.stderr
    assert "what it says" not in shown.stdout


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (("inputs", 0, "shape"), [1, 3, 64, 64], "(1, 3, 64, 64) NCHW for (1, 3, 224, 224) NCHW"),
        (("inputs", 0, "layout"), "NHWC", "(1, 3, 224, 224) NHWC for (1, 3, 224, 224) NCHW"),
        (("outputs", 0, "shape"), [1, 70], "(1, 70) any for (1, 7) any"),
    ],
)
def test_a_manifest_that_contradicts_itself(
    efficientmod: Command, bundle: Path, place: tuple[Any, ...], value: Any, named: str
) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    kind, index, key = place
    manifest["artifacts"][0][kind][index][key] = value
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    answer = efficientmod("verify", bundle, "--json")
    assert answer.exit_code == 2, answer.output
    assert json.loads(answer.stdout)["error"]["code"] == "contradiction"
    assert "model.onnx: " in answer.stderr
    assert named in answer.stderr


def test_another_checkpoint_is_told_before_it_is_loaded(efficientmod: Command, bundle: Path) -> None:
    Path("other.pth").write_text("no checkpoint at all")
    answer = efficientmod("verify", bundle, "--layers", "--checkpoint", "other.pth", "--json")
    assert answer.exit_code == 2, answer.output
    assert json.loads(answer.stdout)["error"]["code"] == "wrong_checkpoint"
    assert "other.pth" in answer.stderr


def test_a_checkpoint_that_would_not_be_read_is_refused(efficientmod: Command, tmp_path: Path) -> None:
    answer = efficientmod("verify", tmp_path, "--checkpoint", "my.pth", "--json")
    assert answer.exit_code == 2, answer.output
    assert json.loads(answer.stdout)["error"]["code"] == "conflicting_options"


def test_the_samples_that_are_whole_prove_the_artifacts(efficientmod: Command, bundle: Path) -> None:
    first, *others = sorted((bundle / "golden").glob("*.image.bin"))
    first.unlink()
    shown = efficientmod("verify", bundle)
    assert shown.exit_code == 1, shown.output
    assert f"golden/{first.name}: it is missing" in shown.stderr
    assert "passed" in shown.stdout
    assert "Next: export the bundle again." in shown.stdout
    for other in others:
        other.unlink()
    shown = efficientmod("verify", bundle)
    assert shown.exit_code == 1, shown.output
    assert "no golden sample is whole, so that no artifact could be proven" in shown.stderr
    assert "parity" not in shown.stdout


def test_a_file_with_outputs_of_another_type(efficientmod: Command, bundle: Path) -> None:
    model = onnx.load(bundle / "model.onnx")
    (output,) = model.graph.output
    model.graph.node[-1].output[0] = "scores"
    model.graph.node.append(onnx.helper.make_node("Cast", ["scores"], [output.name], to=onnx.TensorProto.DOUBLE))
    output.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    onnx.save(model, bundle / "model.onnx")
    seal_again(bundle)
    shown = efficientmod("verify", bundle)
    assert shown.exit_code == 1, shown.output
    assert "output 0 is float64 where the reference is float32" in shown.stderr


def test_the_digest_that_the_export_gave_is_expected(efficientmod: Command, bundle: Path) -> None:
    digest = json.loads(efficientmod("verify", "out", "--json").stdout)["sha256"]
    assert digest == hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest()
    assert efficientmod("verify", "out", "--expect", digest.upper()).exit_code == 0
    other = efficientmod("verify", "out", "--expect", "0" * 64, "--json")
    assert other.exit_code == 1
    told = json.loads(other.stdout)
    assert told["problems"] == [f"manifest.json: its SHA-256 is {digest}, not {'0' * 64}, so that nothing was run"]
    assert told["variants"] == []
    answer = efficientmod("verify", "out", "--expect", "123", "--json")
    assert (answer.exit_code, json.loads(answer.stdout)["error"]["code"]) == (2, "invalid_digest")


def test_files_that_are_no_part_of_the_bundle_are_said(efficientmod: Command, bundle: Path) -> None:
    (bundle / "golden" / "extra.bin").write_bytes(b"x")
    told = json.loads(efficientmod("verify", "out", "--json").stdout)
    assert (told["exit_code"], told["problems"]) == (0, [])
    assert told["remarks"][0] == "golden/extra.bin: the manifest does not list it, so it is no part of the bundle"


def test_what_no_run_shows_is_said_of_what_the_manifest_states(efficientmod: Command, bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    (entry,) = manifest["artifacts"]
    told = json.loads(efficientmod("verify", "out", "--json").stdout)["remarks"][-1]
    assert told == (
        f"Taken as stated, for no run here shows it: the weights ({manifest['model']['weights']['statement']}), that "
        f"outputs are logits, the least runtimes ({entry['runtime']} {entry['least_runtime']})."
    )
    (bundle / "labels.txt").write_text("".join(f"class {place}\n" for place in range(7)))
    manifest["labels"] = {"file": "labels.txt", "sha256": "0" * 64, "size": 0, "count": 7}
    elsewhere = {**entry["proofs"][0], "unit": "neural_engine", "state": "proven", "reason": None}
    entry["proofs"].append(elsewhere)
    manifest["failed"] = [{"target": "tflite", "precision": "fp16", "reason": "x"}]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    seal_again(bundle)
    told = json.loads(efficientmod("verify", "out", "--json").stdout)["remarks"][-1]
    assert "the 7 class names, " in told
    assert f"{entry['file']} proven on neural_engine in float32" in told
    assert told.endswith("why there is no tflite fp16.")


def test_records_that_the_measured_ones_contradict_are_said(efficientmod: Command, bundle: Path) -> None:
    manifest, proof = (json.loads((bundle / name).read_text()) for name in ("manifest.json", "proof.json"))
    manifest["artifacts"][0]["proofs"][0]["limits"]["max_relative_error"] = 0.5
    for check in proof["artifacts"][0]["checks"]:
        for worst in check["verdict"]["worst"]:
            worst["max_relative_error"] = 0.0
    model = onnx.load(bundle / "model.onnx")
    weights = model.graph.initializer[0]
    changed = onnx.numpy_helper.to_array(weights) * 1.00002
    weights.CopyFrom(onnx.numpy_helper.from_array(changed.astype("float32"), weights.name))
    onnx.save(model, bundle / "model.onnx")
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    (bundle / "proof.json").write_text(json.dumps(proof))
    seal_again(bundle)
    told = json.loads(efficientmod("verify", "out", "--json").stdout)
    assert told["exit_code"] == 1
    limit, error = told["problems"]
    assert limit.startswith("model.onnx: the manifest allows max_relative_error 0.5 on cpu in float32, and onnx ")
    assert error.startswith("model.onnx: the largest error on cpu in float32 is ")
    assert error.endswith("and proof.json records 0.0e+00")


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (("ant", "bee", "bee (2)"), None),
        ((), None),
        (("ant", "bee"), "model.tflite: it has 2 class names, and the bundle's labels are 3"),
        (("bee", "ant", "bee"), "model.tflite: its class 0 is 'bee', and in the bundle's labels it is 'ant'"),
    ],
)
def test_class_names_in_a_file_are_the_bundles(held: tuple[str, ...], says: str | None) -> None:
    assert list(other_labels("model.tflite", held, ("ant", "bee", "bee"))) == ([says] if says else [])


def test_a_core_ml_file_with_two_class_names_exchanged(efficientmod: Command, tiny_model: str) -> None:
    from coremltools.proto import Model_pb2

    Path("labels.txt").write_text("".join(f"class {letter}\n" for letter in "abcdefg"))
    arguments = ("--model", tiny_model, "--target", "coreml", "--labels", "labels.txt", "--resolution", "32x48")
    assert efficientmod("export", *arguments, "--output", "out").exit_code == 0
    path = Path("out/model.mlpackage") / MODEL
    spec = Model_pb2.Model.FromString(path.read_bytes())
    (block,) = spec.mlProgram.functions["main"].block_specializations.values()
    (classify,) = (operation for operation in block.operations if operation.type == "classify")
    names = classify.inputs["classes"].arguments[0].value.immediateValue.list.values
    names[2].CopyFrom(names[3])
    path.write_bytes(spec.SerializeToString())
    seal_again(Path("out"))
    shown = efficientmod("verify", "out")
    assert shown.exit_code == 1
    assert "model.mlpackage: its class 2 is 'class d', and in the bundle's labels it is 'class c'" in shown.stderr
