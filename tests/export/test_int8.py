"""`--precision int8`, as a user types it."""

import json
from pathlib import Path

import pytest
from PIL import Image

from efficientmod_export._arguments import parse_size

from .conftest import Command

ASKED = ("export", "--target", "tflite", "--unit", "cpu", "--precision", "int8", "--precision", "int8-weights")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two pictures in folders of their own, of which one is a link, files that are none, one that cannot be decoded."""
    folder = tmp_path / "pictures"
    for path, side in ((folder / "one" / "a.jpg", 40), (tmp_path / "elsewhere" / "b.png", 60)):
        path.parent.mkdir(parents=True)
        Image.radial_gradient("L").convert("RGB").resize((side, side + 7)).save(path)
    (folder / "two").symlink_to(tmp_path / "elsewhere")
    (folder / "._a.jpg").write_bytes(b"of a Mac")
    (folder / "notes.txt").write_text("none")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    return folder


def test_both_forms_are_made_proven_and_proven_again(tiny_model: str, pictures: Path, efficientmod: Command) -> None:
    made = efficientmod(*ASKED, "--model", tiny_model, "--calibrate", str(pictures), "--output", "out")
    assert made.exit_code == 0, made.output
    assert "1264 weights of 2 layers rounded for 2 of 3 pictures of the folder given" in made.output
    assert "broken.jpg" in made.output
    manifest = json.loads(Path("out/manifest.json").read_text())
    assert [one["precision"] for one in manifest["artifacts"]] == ["int8-dynamic", "int8-weights"]
    assert [one["file"] for one in manifest["artifacts"]] == ["model_int8_dynamic.tflite", "model_int8_weights.tflite"]
    given = {"statement": "2 of 3 pictures of the folder given, without broken.jpg, which cannot be decoded"}
    assert [one["calibration"] for one in manifest["artifacts"]] == [
        {**given, "pictures": ["one/a.jpg", "two/b.png"]}
    ] * 2
    proofs = {
        (one["precision"], proof["compute_precision"]): proof["state"]
        for one in manifest["artifacts"]
        for proof in one["proofs"]
        if proof["unit"] == "cpu"
    }
    assert proofs == {("int8-dynamic", "int8"): "proven", ("int8-weights", "float32"): "proven"}
    assert efficientmod("verify", "out").exit_code == 0


def test_without_a_folder_the_bundles_own_samples_are_used(tiny_model: str, efficientmod: Command) -> None:
    made = efficientmod(*ASKED, "--model", tiny_model, "--output", "out")
    assert made.exit_code == 0, made.output
    proof, manifest = (json.loads(Path(f"out/{name}.json").read_text()) for name in ("proof", "manifest"))
    samples = [one["name"] for one in manifest["golden"]]
    told = {"statement": "the bundle's own 5 samples", "pictures": samples}
    assert [one["calibration"] for one in manifest["artifacts"]] == [told] * 2
    assert {one["rounding"]["pictures"] for one in proof["artifacts"]} == {"the bundle's own 5 samples"}
    assert {one["rounding"]["stored_as_int8"] for one in proof["artifacts"]} == {8 * 16 * 9 + 16 * 7}
    layers = proof["artifacts"][0]["rounding"]["layers"]
    assert [(one["path"], one["weights"]) for one in layers] == [("3", 8 * 16 * 9), ("7", 16 * 7)]


def test_int8_files_of_two_targets_fit_into_one_bundle(tiny_model: str, efficientmod: Command) -> None:
    asked = ("export", "--target", "tflite", "--target", "executorch", "--unit", "cpu", "--precision", "int8")
    made = efficientmod(*asked, "--model", tiny_model, "--output", "out")
    assert made.exit_code == 0, made.output
    proof = json.loads(Path("out/proof.json").read_text())
    assert [one["file"] for one in proof["artifacts"]] == ["model_int8_dynamic.pte", "model_int8_dynamic.tflite"]
    assert {one["rounding"]["stored_as_int8"] for one in proof["artifacts"]} == {8 * 16 * 9 + 16 * 7}
    recorded = [each["file"] for one in proof["artifacts"] for outputs in one["float32_outputs"] for each in outputs]
    assert len(set(recorded)) == len(recorded) == 2 * 5
    assert efficientmod("verify", "out").exit_code == 0


@pytest.mark.parametrize("content", ["nothing", "no picture", "no folder"])
def test_a_folder_without_pictures_is_refused(
    content: str, tiny_model: str, tmp_path: Path, efficientmod: Command
) -> None:
    folder = tmp_path / "empty"
    if content != "no folder":
        folder.mkdir()
    if content == "no picture":
        (folder / "a.jpg").write_text("none")
    made = efficientmod(*ASKED, "--model", tiny_model, "--calibrate", str(folder), "--output", "out", "--json")
    assert made.exit_code == 2
    assert json.loads(made.stdout)["error"]["code"] == "no_calibration_pictures"
    assert not Path("out").exists()


def test_pictures_are_refused_where_nothing_is_rounded(tiny_model: str, pictures: Path, efficientmod: Command) -> None:
    asked = ("export", "--target", "tflite", "--model", tiny_model, "--calibrate", str(pictures))
    made = efficientmod(*asked, "--output", "out")
    assert made.exit_code == 2
    assert "--precision int8" in made.output


def test_a_larger_size_leaves_the_costliest_layers_in_float(tiny_model: str, efficientmod: Command) -> None:
    """The layers have 1152 and 112 weights, which cost a byte more each in float16; room is for the second."""
    asked = ("export", "--target", "tflite", "--unit", "cpu", "--precision", "int8-weights", "--model", tiny_model)
    assert efficientmod(*asked, "--output", "least").exit_code == 0
    least = Path("least/model_int8_weights.tflite").stat().st_size
    made = efficientmod(*asked, "--output", "out", "--max-size", str(least + 1000))
    assert made.exit_code == 0, made.output
    (artifact,) = json.loads(Path("out/proof.json").read_text())["artifacts"]
    assert [(one["path"], one["weights"]) for one in artifact["rounding"]["layers"]] == [("3", 8 * 16 * 9)]
    assert artifact["rounding"]["stored_as_int8"] == 8 * 16 * 9
    assert least < Path("out/model_int8_weights.tflite").stat().st_size <= least + 1000
    assert efficientmod("verify", "out").exit_code == 0


@pytest.mark.parametrize(
    ("size", "code", "exit_code"),
    [
        *[("900", "over_max_size", 4), ("large", "invalid_size", 2), ("-3MB", "invalid_size", 2)],
        ("7ib", "invalid_size", 2),
    ],
)
def test_a_size_that_cannot_be(size: str, code: str, exit_code: int, tiny_model: str, efficientmod: Command) -> None:
    asked = ("export", "--target", "tflite", "--unit", "cpu", "--precision", "int8-weights", "--model", tiny_model)
    made = efficientmod(*asked, "--output", "out", f"--max-size={size}", "--json")
    assert made.exit_code == exit_code, made.output
    assert code in made.stdout
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("15MB", 15_000_000), ("14.5 mb", 14_500_000), ("900kB", 900_000), ("2 MiB", 2_097_152), ("1g", 10**9), ("7", 7)],
)
def test_sizes_as_people_write_them(text: str, bytes_: int) -> None:
    assert parse_size(text) == bytes_


def test_a_size_is_refused_where_nothing_is_rounded(tiny_model: str, efficientmod: Command) -> None:
    made = efficientmod("export", "--target", "tflite", "--model", tiny_model, "--max-size", "5MB", "--output", "out")
    assert made.exit_code == 2
    assert "--precision int8" in made.output
