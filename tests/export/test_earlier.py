"""A proof on a GPU is not repeated for a file that an earlier export proved there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from efficientmod_export import export
from efficientmod_export._earlier import EarlierProofs, earlier_proofs
from efficientmod_export._prove import Held, prove
from efficientmod_export.bundle import golden_references, golden_samples, model_file
from efficientmod_export.bundle.contract import Bundle, Check, read_bundle
from efficientmod_export.targets import find_target

from .conftest import seal_again

VARIANT = find_target("tflite").variant("fp32")


@pytest.fixture
def bundle(tiny_model: str) -> Bundle:
    """Proven on the processor alone; in `proof.json` the GPU has passed as well, by what the processor measured."""
    export(tiny_model, targets="tflite", units="cpu", resolution="48x64", output="out").raise_for_failure()
    change(Path("out"), lambda checks: [passed_on_gpu(check, checks[0]) for check in checks])
    return read_bundle(Path("out"))


def change(bundle: Path, checks: Callable[[list[Any]], list[Any]]) -> None:
    proof = json.loads((bundle / "proof.json").read_text())
    proof["artifacts"][0]["checks"] = checks(proof["artifacts"][0]["checks"])
    (bundle / "proof.json").write_text(json.dumps(proof))
    seal_again(bundle)


def passed_on_gpu(check: dict[str, Any], on_cpu: dict[str, Any]) -> dict[str, Any]:
    if check["unit"] != "gpu":
        return check
    verdict = {**on_cpu["verdict"], "tolerance": check["verdict"]["tolerance"]}
    return {**check, "verdict": verdict}


def held(bundle: Bundle) -> Held:
    golden = bundle.manifest.golden
    return Held(golden_samples(bundle, golden), golden_references(bundle, golden), bundle.evidence().noise)


def proven_again(bundle: Bundle, known: EarlierProofs) -> list[Check]:
    """The checks of a second export of the file, where no GPU may be used."""
    file = model_file(bundle, bundle.manifest.artifacts[0])
    return list(prove(VARIANT, file, held(bundle), known=known.of(VARIANT, file)))


def known_places(bundle: Bundle, known: EarlierProofs) -> list[str]:
    file = model_file(bundle, bundle.manifest.artifacts[0])
    return [check.compute_precision for check in known.of(VARIANT, file)]


def test_what_passed_on_the_gpu_is_known_and_nothing_of_the_processor(bundle: Bundle) -> None:
    known = earlier_proofs(bundle.path, held(bundle))
    assert known_places(bundle, known) == ["float32", "float16"]


def test_it_takes_the_place_of_the_run(bundle: Bundle) -> None:
    recorded = [check for check in bundle.evidence().artifacts[0].checks if check.unit == "gpu"]
    again = proven_again(bundle, earlier_proofs(bundle.path, held(bundle)))
    assert [check for check in again if check.unit == "gpu"] == recorded


def test_another_file(bundle: Bundle) -> None:
    known = earlier_proofs(bundle.path, held(bundle))
    file = model_file(bundle, bundle.manifest.artifacts[0])
    file.path.write_bytes(file.path.read_bytes() + b"\0")
    assert known.of(VARIANT, file) == ()


def test_other_references(bundle: Bundle) -> None:
    now = held(bundle)
    changed = Held(now.samples, tuple((first + 1e-6, *others) for first, *others in now.references), now.noise)
    assert earlier_proofs(bundle.path, changed) == EarlierProofs()


def test_other_limits_are_measured_again(bundle: Bundle) -> None:
    def stricter(checks: list[Any]) -> list[Any]:
        for check in checks:
            if check["unit"] == "gpu":
                check["verdict"]["tolerance"]["max_relative_error"] *= 2
        return checks

    change(bundle.path, stricter)
    opened = read_bundle(bundle.path)
    recorded = [check for check in opened.evidence().artifacts[0].checks if check.unit == "gpu"]
    again = proven_again(opened, earlier_proofs(opened.path, held(opened)))
    assert all(check not in recorded for check in again)


def test_another_version_of_the_runtime(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    known = earlier_proofs(bundle.path, held(bundle))
    monkeypatch.setattr("efficientmod_export._earlier.runtime_version", lambda runtime: "0.1")
    assert known_places(bundle, known) == []


def test_a_changed_bundle_or_none(bundle: Bundle, tmp_path: Path) -> None:
    now = held(bundle)
    (bundle.path / "proof.json").write_text("{}")
    assert earlier_proofs(bundle.path, now) == EarlierProofs()
    assert earlier_proofs(tmp_path / "nothing", now) == EarlierProofs()
