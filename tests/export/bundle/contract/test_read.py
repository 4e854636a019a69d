"""The reader: the vectors' broken bundles, the labels, the evidence, and files that it must accept."""

import base64
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from efficientmod_export.bundle.contract import (
    Refusal,
    RefusedBundleError,
    check_files,
    open_bundle,
    read_bundle,
)
from efficientmod_export.bundle.contract._schema import schema_text

from ....raising import refused

VECTORS = Path(__file__).parents[3] / "vectors"
CASES = json.loads((VECTORS / "bundles.json").read_text(encoding="utf-8"))

BEYOND_A_SCHEMA = {
    "crop_larger_than_the_picture",
    "failed_proof_of_a_passed_bundle",
    "failed_without_a_failed_proof",
    "file_inside_an_artifact",
    "file_named_twice",
    "file_named_twice_but_for_case",
    "golden_tensor_of_another_size",
    "labels_for_other_classes",
    "manifest_names_itself",
    "shorter_side_with_two_sizes",
    "step_for_no_output",
    "two_samples_of_one_name",
}
"""Contradictions between fields far from each other, or between numbers."""


def apply(edits: list[dict[str, str]], folder: Path) -> None:
    for edit in edits:
        path = folder / edit["file"]
        match edit["edit"]:
            case "write":
                path.write_bytes(base64.b64decode(edit["base64"]))
            case "remove":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            case "link":
                path.symlink_to(edit["to"])
            case "folder":
                path.mkdir()
            case "replace":
                path.write_text(path.read_text(encoding="utf-8").replace(edit["old"], edit["new"]), encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_broken_bundle_is_refused_for_its_reason(case: Any, example: Path) -> None:
    apply(case["edits"], example)
    if not case["refusals"]:
        assert read_bundle(example).labels()
        return
    with refused(RefusedBundleError, case["refusals"][0]["code"]) as caught:
        read_bundle(example)
    problems = caught.value.problems
    assert list(dict.fromkeys((one.code, one.file) for one in problems)) == [
        (one["code"], one["file"]) for one in case["refusals"]
    ]
    assert str(problems[0]) in str(caught.value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_schema_refuses_what_it_can(case: Any, example: Path) -> None:
    apply(case["edits"], example)
    try:
        document = json.loads((example / "manifest.json").read_text(encoding="utf-8"))
    except (ValueError, FileNotFoundError):
        return
    schema = jsonschema.Draft202012Validator(json.loads(schema_text("manifest.schema.json")))
    named = any(one["file"] == "manifest.json" for one in case["refusals"])
    assert schema.is_valid(document) == (not named or case["name"] in BEYOND_A_SCHEMA)


def test_the_vectors_have_a_case_for_every_code() -> None:
    codes = {one["code"] for case in CASES for one in case["refusals"]}
    # A file that cannot be read depends on the machine; labels and names have vectors of their own.
    assert codes == set(Refusal) - {Refusal.UNREADABLE, Refusal.BAD_LABELS, Refusal.BAD_NAME}


def test_bad_labels_are_refused(example: Path, document: Any, rewrite: Callable[[], Path]) -> None:

    content = b"a\nb\n"
    (example / "labels.txt").write_bytes(content)
    document["labels"].update(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    rewrite()
    [problem] = check_files(open_bundle(example))
    assert (problem.code, problem.file) == (Refusal.BAD_LABELS, "labels.txt")
    assert "2 lines" in problem.text


def test_a_name_that_has_no_digest_is_refused(example: Path) -> None:
    (example / "model_fp16.mlpackage" / "a\\b").write_bytes(b"")
    [problem] = check_files(open_bundle(example))
    assert (problem.code, problem.file) == (Refusal.BAD_NAME, "model_fp16.mlpackage")


def test_a_pipe_does_not_block_the_reader(example: Path) -> None:

    (example / "labels.txt").unlink()
    os.mkfifo(example / "labels.txt")
    assert [problem.code for problem in check_files(open_bundle(example))] == [Refusal.WRONG_KIND]


def test_the_evidence_is_that_of_the_artifacts(example: Path) -> None:
    bundle = read_bundle(example)
    evidence = bundle.evidence()
    assert [entry.file for entry in evidence.artifacts] == ["model.tflite", "model_fp16.mlpackage"]
    (example / "proof.json").write_text(evidence.to_json().replace("model.tflite", "other.tflite"))
    with refused(RefusedBundleError, "contradiction"):
        bundle.evidence()


def test_the_digest_of_a_bundle_is_its_manifests(example: Path) -> None:

    assert read_bundle(example).sha256 == hashlib.sha256((example / "manifest.json").read_bytes()).hexdigest()


def test_a_bundle_behind_a_link_is_read(example: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(example)
    assert read_bundle(tmp_path / "link").manifest == read_bundle(example).manifest


def test_a_fault_is_reported_once(document: Any, rewrite: Callable[[], Path]) -> None:
    document["inputs"][0]["shape"][2] = "16"
    with refused(RefusedBundleError, "wrong_value") as caught:
        open_bundle(rewrite())
    assert [problem.field for problem in caught.value.problems] == ["inputs.0.shape.2"]


def test_many_faults_are_counted(document: Any, rewrite: Callable[[], Path]) -> None:
    for key in list(document)[1:]:
        del document[key]
    with refused(RefusedBundleError, "missing_field") as caught:
        open_bundle(rewrite())
    assert len(caught.value.problems) == 13


def test_both_versions_are_named(document: Any, rewrite: Callable[[], Path]) -> None:
    document["format_version"] = "2.3"
    with refused(RefusedBundleError, "unknown_major_version", "2.3", "1.0"):
        open_bundle(rewrite())


def test_what_is_not_a_folder_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "absent", tmp_path / "file"):
        with refused(RefusedBundleError, "no_manifest") as caught:
            open_bundle(path)
        assert len(caught.value.problems) == 1


def test_a_manifest_that_cannot_be_read(example: Path) -> None:
    (example / "manifest.json").unlink()
    (example / "manifest.json").mkdir()
    with refused(RefusedBundleError, "unreadable") as caught:
        open_bundle(example)
    assert len(caught.value.problems) == 1


def test_a_manifest_that_is_a_link(example: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere.json"
    (example / "manifest.json").rename(moved)
    (example / "manifest.json").symlink_to(moved)
    with refused(RefusedBundleError, "link", "manifest.json"):
        open_bundle(example)
