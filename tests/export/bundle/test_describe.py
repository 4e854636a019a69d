"""What a bundle's files state about its artifacts, and that they state nothing about this machine."""

import json
from pathlib import Path

import numpy as np

from efficientmod_export.bundle import model_file, tool_versions
from efficientmod_export.bundle.contract import Bundle

from .conftest import NORMALISED, OUTPUTS


def test_the_proof_says_what_was_done(bundle: Bundle) -> None:
    executorch, coreml = bundle.evidence().artifacts
    (first, _) = executorch.transforms.steps
    assert (first.transform, first.applied) == ("fold_batch_norm", 3)
    assert [(refused.where, refused.reason) for refused in first.refused] == [("stem.0 conv2d", "a second reader")]
    assert (executorch.delegates, executorch.outside) == (1, ("aten.erf",))
    assert [(step.transform, step.applied) for step in executorch.rewrites] == [("cuts", 2)]
    assert [check.verdict.outcome for check in executorch.checks] == ["passed"]
    assert [check.verdict.outcome for check in coreml.checks] == ["not run here"]


def test_the_manifest_says_what_an_app_needs(bundle: Bundle) -> None:
    executorch, coreml = bundle.manifest.artifacts
    assert (executorch.file, executorch.kind, executorch.size) == ("model.pte", "file", 3)
    assert (coreml.file, coreml.kind, coreml.size) == ("model.mlpackage", "folder", 9)
    assert [(proof.unit, proof.state, proof.threads) for proof in executorch.proofs] == [("cpu", "proven", 2)]
    assert [(proof.unit, proof.state) for proof in coreml.proofs] == [("neural_engine", "not_run_here")]
    assert [(own.name, own.output) for own in executorch.outputs] == [("logits", "logits"), ("features", "maps")]


def test_an_artifact_comes_back_as_a_runtime_opens_it(bundle: Bundle) -> None:
    file = model_file(bundle, bundle.manifest.artifacts[0])
    assert (file.path, file.inputs, file.outputs) == (bundle.path / "model.pte", (NORMALISED,), OUTPUTS)


def test_tools_name_what_made_the_numbers() -> None:
    versions = tool_versions(["onnx", "no-such-package"])
    assert versions["numpy"] == np.__version__
    assert {"pillow", "torch", "onnx"} <= set(versions)
    assert "no-such-package" not in versions
    assert list(versions) == sorted(versions)


def test_no_path_of_this_machine(bundle: Bundle, tmp_path: Path) -> None:
    for name in ("manifest.json", "proof.json"):
        text = (bundle.path / name).read_text(encoding="utf-8")
        assert str(tmp_path) not in text
        assert json.loads(text)["format_version"] == "1.0"
