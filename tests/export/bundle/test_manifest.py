"""The manifest: its schema, what it refuses, and what it says of weights, transforms and artifacts."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from efficientmod_export.bundle import Bundle, Manifest, describe_generator, describe_weights, tool_versions
from efficientmod_export.bundle._schema import SCHEMA_PATH, schema_text
from efficientmod_mobile import Weights

PATHS_THAT_LEAD_OUT = ["../x", "/etc/passwd", "a/../../x", "a//b", "", ".", "a/.hidden", "C:\\x", "a\\b", "x\n", "a/"]


def document(bundle: Bundle) -> Any:
    return json.loads((bundle.path / "manifest.json").read_bytes())


def test_the_schema_on_disk_is_the_models() -> None:
    """To mend it: python -m efficientmod_export.bundle."""
    assert SCHEMA_PATH.read_text(encoding="utf-8") == schema_text()


def test_a_manifest_meets_its_schema(bundle: Bundle) -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document(bundle), schema)


def test_the_schema_is_as_strict_as_the_models() -> None:
    schema = json.loads(schema_text())
    for definition in [schema, *schema["$defs"].values()]:
        assert definition["additionalProperties"] is False
        assert sorted(definition["required"]) == sorted(definition["properties"])


@pytest.mark.parametrize("path", PATHS_THAT_LEAD_OUT)
def test_a_path_that_leads_out_is_refused_by_models_and_schema(bundle: Bundle, path: str) -> None:
    changed = document(bundle)
    changed["artifacts"][0]["file"] = path
    with pytest.raises(ValidationError, match="file"):
        Manifest.model_validate_json(json.dumps(changed))
    if path != "x\n":  # Python's `$` lets a last line end pass, other languages' do not
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(changed, json.loads(schema_text()))


def set_status(manifest: Any) -> None:
    manifest["status"] = "failed"


def repeat_a_file(manifest: Any) -> None:
    manifest["artifacts"][1]["file"] = manifest["artifacts"][0]["file"]


def add_a_key(manifest: Any) -> None:
    manifest["model"]["note"] = "x"


def drop_a_key(manifest: Any) -> None:
    del manifest["labels"]


def put_nan(manifest: Any) -> None:
    manifest["artifacts"][0]["transforms"]["float32_error"] = float("nan")


def other_classes(manifest: Any) -> None:
    manifest["model"]["num_classes"] = 4


def checkpoint_without_digest(manifest: Any) -> None:
    manifest["model"]["weights"].update(kind="checkpoint", statement="x", seed=None)


def unstated_seed(manifest: Any) -> None:
    manifest["model"]["weights"]["statement"] = "trained"


def text_for_number(manifest: Any) -> None:
    manifest["artifacts"][0]["size"] = "3"


def unknown_target(manifest: Any) -> None:
    manifest["artifacts"][0]["target"] = "foo"


def precision_that_the_target_has_not(manifest: Any) -> None:
    manifest["artifacts"][0].update(target="onnx", precision="fp16")


def core_ml_that_was_not_interpreted(manifest: Any) -> None:
    manifest["artifacts"][1]["interpreted"] = None


def no_artifact(manifest: Any) -> None:
    manifest["artifacts"] = []


def no_sample(manifest: Any) -> None:
    manifest["golden"] = []


def no_output(manifest: Any) -> None:
    manifest["golden"][0]["outputs"] = []


def a_picture_beyond_memory(manifest: Any) -> None:
    manifest["preprocessing"]["resize"].update(height=2**31, width=2**31)


@pytest.mark.parametrize(
    "damage",
    [
        set_status,
        repeat_a_file,
        add_a_key,
        drop_a_key,
        put_nan,
        other_classes,
        checkpoint_without_digest,
        unstated_seed,
        text_for_number,
        unknown_target,
        precision_that_the_target_has_not,
        core_ml_that_was_not_interpreted,
        no_artifact,
        no_sample,
        no_output,
        a_picture_beyond_memory,
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(bundle: Bundle, damage: Any) -> None:
    changed = document(bundle)
    damage(changed)
    with pytest.raises(ValidationError):
        Manifest.model_validate_json(json.dumps(changed), strict=True)


def test_it_survives_the_way_through_json(bundle: Bundle) -> None:
    text = (bundle.path / "manifest.json").read_text(encoding="utf-8")
    again = Manifest.model_validate_json(text, strict=True)
    assert again == bundle.manifest
    assert again.to_json() == text


def test_it_says_what_was_done(bundle: Bundle) -> None:
    manifest = document(bundle)
    assert manifest["artifacts"][0]["transforms"]["steps"][0] == {
        "transform": "fold_batch_norm",
        "applied": 3,
        "refused": [{"where": "stem.0 conv2d", "reason": "a second reader"}],
    }
    executorch, coreml = manifest["artifacts"]
    assert (executorch["file"], executorch["kind"], executorch["size"]) == ("model.pte", "file", 3)
    assert (executorch["delegates"], executorch["outside"]) == (1, ["aten.erf"])
    assert executorch["inputs"][0]["normalisation"] == {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    assert coreml["inputs"][0]["normalisation"] is None
    assert executorch["parity"]["outcome"] == "passed"
    assert executorch["outputs"][1] == {
        "name": "features",
        "shape": [1, 3, 10, 20],
        "dtype": "float32",
        "layout": "NCHW",
    }
    assert (coreml["file"], coreml["kind"], coreml["size"]) == ("model.mlpackage", "folder", 9)
    assert coreml["parity"]["outcome"] == "not run here"
    assert manifest["failed_targets"] == [{"target": "tflite", "reason": "erf has no TFLite operator"}]
    assert [entry["picture"]["credit"] is not None for entry in manifest["golden"]] == [True, True, False, False, False]


def test_weights_are_stated_in_words() -> None:
    digest = "ab" * 32
    assert describe_weights(Weights("seeded", seed=0)).statement == "seeded: for latency only"
    assert describe_weights(Weights("checkpoint", sha256=digest)).statement == f"checkpoint, SHA-256 {digest}"
    assert describe_weights(Weights("module", sha256=digest)).statement == "as the module carries them"


def test_tools_name_what_made_the_numbers() -> None:
    versions = tool_versions()
    assert {"numpy", "pillow", "torch"} <= set(versions)
    assert list(versions) == sorted(versions)


def test_the_generator_is_the_installed_package() -> None:
    metadata = pytest.importorskip("importlib.metadata")
    try:
        version = metadata.version("efficientmod-mobile")
    except metadata.PackageNotFoundError:
        pytest.skip("the package is on the path but not installed, and has no version")
    assert describe_generator().version == version


def test_no_clock_and_no_path_of_this_machine(bundle: Bundle, tmp_path: Path) -> None:
    assert str(tmp_path) not in (bundle.path / "manifest.json").read_text(encoding="utf-8")
