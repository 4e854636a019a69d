"""`efficientmod eval`, as a user types it, on a small network whose every score is known."""

import csv
import io
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from efficientmod_export import evaluate
from efficientmod_export._picture_files import list_pictures
from efficientmod_export.bundle.contract import open_bundle
from efficientmod_export.eval._partial import Partial
from efficientmod_export.eval._runs import Job, see
from efficientmod_export.report import read_accuracy
from efficientmod_mobile.errors import InputError

from ...raising import refused
from ..conftest import Command, seal_again
from .conftest import CLASSES, COUNT, LABELS, Made

ONE = ("--processes", "1")


@pytest.fixture(autouse=True)
def importable(made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The networks' modules can be imported, also by the workers; the current folder is the test's own."""
    monkeypatch.syspath_prepend(str(made.folder))
    monkeypatch.chdir(tmp_path)


def table(made: Made, wrong: int) -> Path:
    """The classes that PyTorch says, but for the first `wrong` pictures."""
    rows = [f"{name},{(made.best(name) + (place < wrong)) % CLASSES}" for place, name in enumerate(sorted(made.scores))]
    Path("truth.csv").write_text("file,class\n" + "\n".join(rows) + "\n")
    return Path("truth.csv")


def rows_of(document: Any) -> dict[str, Any]:
    return {row["name"]: row for row in (*document["results"], *filter(None, [document["pytorch"]]))}


def test_accuracy_of_an_artifact_that_is_another_network(efficientmod: Command, made: Made) -> None:
    """Every number of the row against one that this test computes itself."""
    files = ("--json", "a.json", "--csv", "a.csv", "--sheet", "sheet.png")
    done = efficientmod("eval", made.other, "--images", made.images, "--truth", table(made, 6), *files, *ONE)
    assert done.exit_code == 0, done.output
    document = json.loads(Path("a.json").read_text())
    names = sorted(made.scores)
    right = {name: (made.best(name) + (place < 6)) % CLASSES for place, name in enumerate(names)}
    pytorch, onnx = rows_of(document)["PyTorch"], rows_of(document)["onnx"]
    assert pytorch["top1"] == 18 / COUNT
    assert onnx["top1"] == sum(made.other_best(name) == right[name] for name in names) / COUNT
    in_five = sum(right[name] in np.argsort(-made.other_scores[name])[:5] for name in names)
    assert onnx["top5"] == in_five / COUNT
    differing = {name for name in names if made.best(name) != made.other_best(name)}
    assert 0 < len(differing) < COUNT, "the fixture's networks must differ on some pictures"
    assert {one["picture"] for one in document["differing"]} == differing
    agreement = onnx["agreement"]
    assert (agreement["same"], agreement["n"]) == (COUNT - len(differing), COUNT)
    to_wrong = [n for n in differing if made.best(n) == right[n]]
    to_right = [n for n in differing if made.other_best(n) == right[n]]
    assert (agreement["to_wrong"], agreement["to_right"]) == (len(to_wrong), len(to_right))
    reference, result = (
        np.stack([of[name] for name in names]).astype(np.float64) for of in (made.scores, made.other_scores)
    )
    expected = 10 * np.log10(np.sum(reference**2) / np.sum((result - reference) ** 2))
    assert agreement["sqnr_db"] == pytest.approx(expected, abs=1e-3)
    assert (document["bundle"], document["labels"]) == (open_bundle(made.other).sha256, "the table truth.csv")
    assert onnx["ms"] > 0 < document["decode_ms"]
    check_csv(document, onnx)
    with Image.open("sheet.png") as sheet:
        assert (sheet.width > 700, sheet.height > 300) == (True, True)
    assert "a.json" in done.stdout
    assert not list(Path().glob("*.partial"))


def check_csv(document: Any, onnx: Any) -> None:
    lines = list(csv.DictReader(io.StringIO(Path("a.csv").read_text())))
    assert [line["name"] for line in lines] == ["PyTorch", "onnx"]
    assert lines[1]["bundle"] == document["bundle"]
    assert float(lines[1]["top1"]) == onnx["top1"]
    assert float(lines[1]["agreement"]) == onnx["agreement"]["fraction"]


@pytest.mark.usefixtures("in_this_process")
def test_the_report_reads_it(efficientmod: Command, made: Made) -> None:
    limits = ("--min-top1", "0.75", "--min-agreement", "1")  # which hold
    asked = ("--images", made.images, "--truth", table(made, 6), *limits, *ONE)
    done = efficientmod("eval", made.bundle, *asked, "--json", "a.json", "-q")
    assert (done.exit_code, done.output) == (0, "")
    accuracy = read_accuracy(Path("a.json"))
    (result,) = accuracy.results
    assert (result.artifact, result.top1, result.n) == ("model.onnx", 18 / COUNT, COUNT)
    assert accuracy.bundle == open_bundle(made.bundle).sha256
    low, high = json.loads(Path("a.json").read_text())["results"][0]["top1_interval"]
    assert result.interval == (low, high)


@pytest.mark.usefixtures("in_this_process")
def test_limits_end_with_exit_code_1(efficientmod: Command, made: Made) -> None:
    asked = ("eval", made.other, "--images", made.images, "--truth", table(made, 0), *ONE)
    done = efficientmod(*asked, "--min-top1", "0.999", "--min-agreement", "0.999")
    assert done.exit_code == 1
    assert "onnx: top-1 is" in done.stderr
    assert "onnx: agrees with PyTorch on" in done.stderr


@pytest.mark.usefixtures("in_this_process")
def test_without_labels_there_is_agreement_only(efficientmod: Command, made: Made) -> None:
    done = efficientmod("eval", made.bundle, "--images", made.images, "--json", "a.json", *ONE)
    assert done.exit_code == 0, done.output
    assert "no labels are known" in done.stdout
    assert "Every artifact has PyTorch's best class" in done.stdout
    (row,) = json.loads(Path("a.json").read_text())["results"]
    assert (row["top1"], row["agreement"]["same"], row["agreement"]["to_wrong"]) == (None, COUNT, None)
    assert row["agreement"]["sqnr_db"] > 90
    assert read_accuracy(Path("a.json")).results == ()
    done = efficientmod("eval", made.bundle, "--images", made.images, "--min-top1", "0.5", "--json", "-", *ONE)
    assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (2, "nothing_to_compare")


@pytest.mark.usefixtures("in_this_process")
def test_a_tar_with_folders_of_labels_and_what_cannot_be_read(efficientmod: Command, made: Made) -> None:
    """Of each class as many; a text among the pictures is counted."""
    with tarfile.open("pictures.tar", "w") as archive:
        for name in sorted(made.scores):
            archive.add(made.images / name, f"val/{LABELS[made.best(name)].upper()}/{name}")
        broken = tarfile.TarInfo(f"val/{LABELS[0]}/broken.png")
        broken.size = 4
        archive.addfile(broken, io.BytesIO(b"text"))
    done = efficientmod("eval", made.bundle, "--images", "pictures.tar", "--json", "-", *ONE)
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert "bundle's labels" in document["labels"]
    assert list(document["unreadable"]) == [f"val/{LABELS[0]}/broken.png"]
    assert (document["found"], document["evaluated"]) == (COUNT + 1, COUNT)
    assert rows_of(document)["onnx"]["top1"] == 1.0


@pytest.mark.slow
def test_it_goes_on_where_it_was_interrupted(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first pictures the second call evaluates the others alone, with the same result as one alone."""
    asked = {"truth": table(made, 6), "json_file": "a.json", "processes": 1}
    whole = evaluate(made.other, made.images, **asked)
    add = Partial.add

    def interrupted(self: Partial, seen: Any) -> None:
        add(self, seen)
        if len(seen):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Partial, "add", interrupted)
        with pytest.raises(KeyboardInterrupt):
            evaluate(made.other, made.images, **asked)
    kept = Path("a.json.partial").read_text()
    assert len(kept.splitlines()) == 1 + 8
    Path("a.json.partial").write_text(kept + '{"picture": "half a line')
    again = evaluate(made.other, made.images, **asked)
    assert (whole.resumed, again.resumed) == (0, 8)
    for one, other in zip(whole.rows, again.rows, strict=True):
        assert (one.top1, one.top5, one.agreement) == (other.top1, other.top5, other.agreement)
    assert again.differing == whole.differing
    assert not Path("a.json.partial").exists()

    # Of another bundle, nothing is taken.
    Path("a.json.partial").write_text(kept)
    assert evaluate(made.bundle, made.images, **asked).resumed == 0


@pytest.mark.usefixtures("in_this_process")
def test_the_fp32_artifact_stands_in_for_pytorch(made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(made.bundle, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    manifest["model"]["name"] = "a_class_of_a_program"
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest))
    result = evaluate("out", made.images, truth=table(made, 6), processes=1)
    assert result.reference == "onnx"
    assert "in place of PyTorch" in result.reference_told
    assert [(row.name, row.agreement) for row in result.rows] == [("onnx", None)]
    assert result.rows[0].top1 is not None
    assert result.rows[0].top1.right == 18


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("std", [1.0, 1 / 255])
def test_another_normalisation_is_found_without_pytorch(std: float, made: Made, tmp_path: Path) -> None:
    """The bundle says another one than the network has; what it says with its own is right."""
    shutil.copytree(made.bundle, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    manifest["model"]["name"] = "a_class_of_a_program"
    for stated in (manifest["inputs"][0]["preprocessing"], manifest["artifacts"][0]["inputs"][0]["normalisation"]):
        stated |= {"mean": [0.0, 0.0, 0.0], "std": [std] * 3}
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest))
    told = evaluate("out", made.images, truth=table(made, 0), processes=1).warnings
    expected = "onnx is right more often with mean 0.485 0.456 0.406 and std 0.229 0.224 0.225: top-1 100.0 %"
    assert any(expected in warning for warning in told), told


@pytest.mark.usefixtures("in_this_process")
def test_an_artifact_that_failed_its_proof_is_told(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.bundle, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    manifest["status"] = "failed"
    for proof in manifest["artifacts"][0]["proofs"]:
        proof |= {"state": "failed", "reason": "another network"}
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest))
    result = evaluate("out", made.images, limit=2, processes=1)
    assert [warning for warning in result.warnings if "onnx failed its proof" in warning]


def test_what_cannot_be_evaluated(efficientmod: Command, made: Made, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    images = ("--images", made.images)
    inside = made.bundle / "a.json"
    for arguments, code in (
        ((made.bundle, *images, "--json", "-", "--target", "tflite"), "no_such_artifact"),
        ((made.bundle, *images, "--json", "-", "--target", "nothing"), "unknown_target"),
        ((made.bundle, "--images", "none", "--json", "-"), "no_pictures"),
        ((made.bundle, *images, "--json", "-", "--truth", "none.csv"), "bad_truth"),
        ((made.bundle, *images, "--json", "-", "--csv", inside), "result_in_bundle"),
        ((made.bundle, *images, "--json", "-", "--csv", "no/folder.csv"), "unwritable_result"),
        ((made.bundle, *images, "--json", "-", "--sheet", "sheet.txt"), "unwritable_sheet"),
        ((made.bundle, *images, "--json", "-", "-c", "absent.pth"), "missing_checkpoint"),
        ((made.bundle, *images, "--json", "-", "--scheduler", "tcp://127.0.0.1:9", "--processes", "2"),
         "conflicting_options"),
        (("none", *images, "--json", "-"), "no_manifest"),
    ):  # fmt: skip
        answer = efficientmod("eval", *arguments)
        assert (answer.exit_code, json.loads(answer.stdout)["error"]["code"]) == (2, code), arguments
    assert efficientmod("eval", made.bundle, *images, "--min-top1", "75").exit_code != 0
    with refused(InputError, "option_out_of_range", "0"):
        evaluate(made.bundle, made.images, limit=0)


@pytest.mark.usefixtures("in_this_process")
def test_an_artifact_that_does_not_load_is_told_and_the_others_evaluated(
    efficientmod: Command, made: Made, tmp_path: Path
) -> None:
    shutil.copytree(made.bundle, tmp_path / "out")
    (tmp_path / "out" / "model.onnx").write_bytes(b"no model")
    seal_again(tmp_path / "out")
    done = efficientmod("eval", "out", "--images", made.images, *ONE)
    assert done.exit_code == 1
    assert "onnx failed: model.onnx cannot be loaded" in done.stderr
    assert "PyTorch" in done.stdout


def test_a_worker_that_has_another_bundle_under_the_path_is_refused(made: Made) -> None:
    job = Job(made.bundle, open_bundle(made.other).sha256, ("model.onnx",), "onnx", None, None, None, 0)
    with refused(InputError, "unusable_cluster", str(made.bundle)):
        see(job, list_pictures(made.images)[:1])


@pytest.mark.usefixtures("in_this_process")
def test_when_no_picture_can_be_read(efficientmod: Command, made: Made, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.png").write_text("text")
    answer = efficientmod("eval", made.bundle, "--images", "broken", "--json", "-", *ONE)
    assert (answer.exit_code, json.loads(answer.stdout)["error"]["code"]) == (4, "nothing_evaluated")
