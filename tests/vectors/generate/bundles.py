"""`bundles.json`: edits that break `bundle/`, each with what a reader must answer, and edits that it must accept."""

import re
from pathlib import Path
from typing import Any

from tests.vectors.generate import example
from tests.vectors.generate.files import text, write_cases

MANIFEST = "manifest.json"
GOLDEN_ENDS = ("image.png", "image.bin", "logits.bin", "features_1.bin")
Edit = dict[str, str]


def write(folder: Path) -> None:
    """Write the family's files."""
    example.write(folder)
    manifest = (folder / example.NAME / MANIFEST).read_text(encoding="utf-8")
    cases = []
    for name, (code, file, edits) in {
        **_whole_manifests(),
        **_changed_manifests(),
        **_digests(manifest),
        **_changed_files(),
    }.items():
        refusals = [] if code is None else [{"code": code, "file": file}]
        for edit in edits:
            if edit["edit"] == "replace" and manifest.count(edit["old"]) != 1:
                raise ValueError(f"{name}: {edit['old']!r} must be there once")
        cases.append({"name": name, "edits": edits, "refusals": refusals})
    write_cases(folder / "bundles.json", [*cases, *_several()])


def _several() -> list[dict[str, Any]]:
    """All problems of files are told at once, in the order of the manifest."""
    golden = [f"golden/{name}.{end}" for name in example.PICTURES for end in GOLDEN_ENDS]
    return [
        {
            "name": "several_files",
            "edits": [_put("model.tflite", b"xx"), _remove("labels.txt"), _put("README.md", b"# Tiny\n")],
            "refusals": [
                {"code": "size_mismatch", "file": "model.tflite"},
                {"code": "missing_file", "file": "labels.txt"},
                {"code": "digest_mismatch", "file": "README.md"},
            ],
        },
        {
            "name": "link_for_a_folder_on_the_way",
            "edits": [_remove("golden"), _link("golden", "../elsewhere")],
            "refusals": [{"code": "link", "file": file} for file in golden],
        },
    ]


def _put(file: str, content: bytes) -> Edit:
    return {"edit": "write", "file": file, "base64": text(content)}


def _remove(file: str) -> Edit:
    return {"edit": "remove", "file": file}


def _link(file: str, to: str) -> Edit:
    return {"edit": "link", "file": file, "to": to}


def _folder(file: str) -> Edit:
    return {"edit": "folder", "file": file}


def _replace(old: str, new: str) -> Edit:
    return {"edit": "replace", "file": MANIFEST, "old": old, "new": new}


Cases = dict[str, tuple[str | None, str, list[Edit]]]


def _whole_manifests() -> Cases:
    contents = {
        "not_json_empty": ("not_json", b""),
        "not_json_torn": ("not_json", b'{"format_version": "1.0",'),
        "not_json_utf_16": ("not_json", '{"format_version": "1.0"}'.encode("utf-16")),
        "not_json_byte_order_mark": ("not_json", b'\xef\xbb\xbf{"format_version": "1.0"}'),
        "not_json_latin_1": ("not_json", b'{"format_version": "1.0", "name": "K\xe4fer"}'),
        "not_json_nan": ("not_json", b'{"format_version": "1.0", "limit": NaN}'),
        "not_json_trailing_text": ("not_json", b'{"format_version": "1.0"} x'),
        "no_version_array": ("no_format_version", b"[1]"),
        "no_version_other_file": ("no_format_version", b'{"name": "a web app"}'),
        "no_version_null": ("no_format_version", b'{"format_version": null}'),
        "no_version_number": ("no_format_version", b'{"format_version": 1.0}'),
        "no_version_one_part": ("no_format_version", b'{"format_version": "1"}'),
        "no_version_three_parts": ("no_format_version", b'{"format_version": "1.0.0"}'),
        "no_version_leading_zero": ("no_format_version", b'{"format_version": "01.0"}'),
        "no_version_blank": ("no_format_version", b'{"format_version": "1.0 "}'),
        "major_0": ("unknown_major_version", b'{"format_version": "0.9"}'),
        "major_2": ("unknown_major_version", b'{"format_version": "2.0"}'),
        "major_10": ("unknown_major_version", b'{"format_version": "10.0"}'),
        "only_a_version": ("missing_field", b'{"format_version": "1.0"}'),
    }
    cases: Cases = {name: (code, MANIFEST, [_put(MANIFEST, content)]) for name, (code, content) in contents.items()}
    return {**cases, "no_manifest": ("no_manifest", MANIFEST, [_remove(MANIFEST)])}


PATHS = {
    "parent": "../model.tflite",
    "parent_inside": "a/../../model.tflite",
    "absolute": "/model.tflite",
    "drive": "C:\\\\model.tflite",
    "backslash": "golden\\\\model.tflite",
    "empty": "",
    "here": ".",
    "hidden": ".model.tflite",
    "double_slash": "golden//model.tflite",
    "last_slash": "model.tflite/",
    "not_ascii": "mod\u00e9l.tflite",
    "blank": "model .tflite",
    "zero": "model\\u0000.tflite",
}


def _changed_manifests() -> Cases:
    """`old` is there once; so is each field, for it is named with what stands beside it."""
    file = '"file": "model.tflite"'
    paths: Cases = {
        f"path_{name}": ("path_outside", MANIFEST, [_replace(file, f'"file": "{path}"')])
        for name, path in PATHS.items()
    }
    changes: dict[str, tuple[str | None, str, str]] = {
        "later_minor_version": (None, '"format_version": "1.0"', '"format_version": "1.7"'),
        "unknown_field": (None, '"name": "tiny"', '"name": "tiny", "family": {"a": [1]}'),
        "unknown_field_at_the_top": (None, '"status": "passed"', '"status": "passed", "signature": null'),
        "unknown_task": (None, '"name": "classification"', '"name": "depth_estimation"'),
        "unknown_step": (None, '"step": "softmax"', '"step": "non_maximum_suppression"'),
        "unknown_role": (None, '"role": "features"', '"role": "boxes"'),
        "unknown_unit": (None, '"unit": "gpu"', '"unit": "dsp"'),
        "unknown_target": (None, '"target": "tflite"', '"target": "hexagon"'),
        "failed_on_one_unit_of_two": (None, '"state": "not_run_here"', '"state": "failed"'),
        "field_missing": ("missing_field", '"least_runtime": "1.0",', ""),
        "text_for_a_number": ("wrong_value", '"num_classes": 7', '"num_classes": "7"'),
        "fraction_for_an_integer": ("wrong_value", '"num_classes": 7', '"num_classes": 7.5'),
        "number_for_a_text": ("wrong_value", '"name": "tiny"', '"name": 1'),
        "null_for_a_text": ("wrong_value", '"name": "tiny"', '"name": null'),
        "object_for_an_array": ("wrong_value", '"failed": [', '"failed": {}, "was_failed": ['),
        "no_status": ("wrong_value", '"status": "passed"', '"status": "unknown"'),
        "no_kind": ("wrong_value", '"kind": "folder"', '"kind": "archive"'),
        "no_state": ("wrong_value", '"state": "interpreted"', '"state": "believed"'),
        "no_resize_rule": ("wrong_value", '"rule": "cover"', '"rule": "squash"'),
        "no_interpolation": ("wrong_value", '"interpolation": "bicubic"', '"interpolation": "lanczos"'),
        "negative_crop": ("wrong_value", '"width": 24,\n          "fill"', '"width": -24,\n          "fill"'),
        "no_dtype": ("wrong_value", '"dtype": "uint8"', '"dtype": "uint9"'),
        "antialiased_nearest": ("contradiction", '"interpolation": "bicubic"', '"interpolation": "nearest"'),
        "crop_larger_than_the_picture": ("contradiction", '"height": 18', '"height": 15'),
        "fill_without_letterbox": ("contradiction", '"fill": null', '"fill": [0, 0, 0]'),
        "letterbox_without_fill": ("contradiction", '"rule": "cover"', '"rule": "letterbox"'),
        "shorter_side_with_two_sizes": ("contradiction", '"rule": "cover"', '"rule": "shorter_side"'),
        "failed_without_a_failed_proof": ("contradiction", '"status": "passed"', '"status": "failed"'),
        "failed_proof_of_a_passed_bundle": ("contradiction", '"state": "interpreted"', '"state": "failed"'),
        "proven_with_a_reason": ("contradiction", '"state": "not_run_here"', '"state": "proven"'),
        "seeded_weights_without_a_seed": ("contradiction", '"seed": 0', '"seed": null'),
        "trained_weights_that_were_seeded": ("contradiction", '"kind": "seeded"', '"kind": "checkpoint"'),
        "picture_without_preprocessing": ("contradiction", '"kind": "picture"', '"kind": "tensor"'),
        "labels_for_other_classes": ("contradiction", '"num_classes": 7', '"num_classes": 8'),
        "file_named_twice": ("contradiction", '"file": "README.md"', '"file": "model.tflite"'),
        "file_named_twice_but_for_case": ("contradiction", '"file": "README.md"', '"file": "Model.TFLite"'),
        "manifest_names_itself": ("contradiction", '"file": "README.md"', '"file": "manifest.json"'),
        "file_inside_an_artifact": (
            "contradiction",
            '"file": "README.md"',
            '"file": "model_fp16.mlpackage/Manifest.json"',
        ),
        "step_for_no_output": (
            "contradiction",
            '"step": "softmax",\n      "output": "logits"',
            '"step": "softmax",\n      "output": "scores"',
        ),
        "layout_of_a_vector": (
            "contradiction",
            '7\n      ],\n      "dtype": "float32",\n      "layout": "any"',
            '7\n      ],\n      "dtype": "float32",\n      "layout": "NCHW"',
        ),
        "two_samples_of_one_name": ("contradiction", '"name": "wide"', '"name": "tall"'),
    }
    return {**paths, **{name: (code, MANIFEST, [_replace(*both)]) for name, (code, *both) in changes.items()}}


def _digests(manifest: str) -> Cases:
    """Of one file among several that look alike."""
    entry = re.search(r'"file": "golden/tall.image.bin",\s+"sha256": "([0-9a-f]{64})",\s+"size": 4608', manifest)
    if entry is None:
        raise ValueError("the manifest has no tensor for the sample tall")
    changes = {
        "capital_digest": ("wrong_value", entry[1].upper()),
        "short_digest": ("wrong_value", entry[1][:-1]),
    }
    other_size = entry[0].replace("4608", "4604")
    return {
        **{name: (code, MANIFEST, [_replace(entry[1], new)]) for name, (code, new) in changes.items()},
        "golden_tensor_of_another_size": ("contradiction", MANIFEST, [_replace(entry[0], other_size)]),
    }


def _changed_files() -> Cases:
    tflite, package, weights = "model.tflite", "model_fp16.mlpackage", "model_fp16.mlpackage/Data/weights/weight.bin"
    return {
        "as_written": (None, "", []),
        "a_file_that_is_not_listed": (None, "", [_put("notes.txt", b"mine")]),
        "an_empty_folder_in_an_artifact": (None, "", [_folder(f"{package}/empty")]),
        "file_missing": ("missing_file", tflite, [_remove(tflite)]),
        "proof_missing": ("missing_file", "proof.json", [_remove("proof.json")]),
        "golden_missing": ("missing_file", "golden/tall.image.bin", [_remove("golden/tall.image.bin")]),
        "artifact_folder_missing": ("missing_file", package, [_remove(package)]),
        "content_changed": ("digest_mismatch", tflite, [_put(tflite, b"TFLITE")]),
        "content_longer": ("size_mismatch", tflite, [_put(tflite, b"tflite ")]),
        "content_of_a_folder_changed": ("digest_mismatch", package, [_put(weights, b"WEIGHTS")]),
        "file_of_a_folder_missing": ("size_mismatch", package, [_remove(weights)]),
        "file_added_to_a_folder": ("size_mismatch", package, [_put(f"{package}/extra", b"x")]),
        "empty_file_added_to_a_folder": ("digest_mismatch", package, [_put(f"{package}/extra", b"")]),
        "folder_for_a_file": ("wrong_kind", tflite, [_remove(tflite), _folder(tflite)]),
        "file_for_a_folder": ("wrong_kind", package, [_remove(package), _put(package, b"x")]),
        "link_out_of_the_bundle": ("link", tflite, [_remove(tflite), _link(tflite, "../outside")]),
        "link_inside_the_bundle": ("link", tflite, [_remove(tflite), _link(tflite, "labels.txt")]),
        "link_to_nothing": ("link", tflite, [_remove(tflite), _link(tflite, "absent")]),
        "link_to_itself": ("link", tflite, [_remove(tflite), _link(tflite, tflite)]),
        "link_in_an_artifact": ("link", package, [_link(f"{package}/link", "Manifest.json")]),
    }
