"""A target is one folder: a toy target in the tests is exported, proven, verified, searched and measured."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from click.testing import Result

from efficientmod_export import export, targets
from efficientmod_export._stages import Unit
from efficientmod_export._verify import verify_bundle
from efficientmod_export.bench import _worker, bench_bundle
from efficientmod_export.bench._plan import EAGER, Measurement, Plan
from efficientmod_export.bundle.contract import open_bundle
from efficientmod_export.targets import FromArtifact, Target, all_targets, find_target, target_names
from efficientmod_mobile.deploy import EXACT
from efficientmod_mobile.errors import DependencyError, ParityError

from ...raising import refused
from ..conftest import seal_again

Command = Callable[..., Result]
PRECISIONS = ("fp32", "fp16")
FILES = {"golden", "manifest.json", "model.toy", "model_fp16.toy", "proof.json", "README.md", "recorded"}


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """The toy's folder among the targets'."""
    monkeypatch.setattr(targets, "__path__", [*targets.__path__, str(Path(__file__).parent / "toy_targets")])
    yield find_target("toy")
    del sys.modules[f"{targets.__name__}.toy"]
    del targets.toy  # type: ignore[attr-defined]


@pytest.fixture
def module(toy: Target) -> ModuleType:
    """What the toy's folder holds."""
    return sys.modules[f"{targets.__name__}.toy"]


@pytest.fixture
def bundle(toy: Target, tiny_model: str) -> Path:
    """Both precisions in one bundle."""
    export(tiny_model, targets="toy", precisions=PRECISIONS, output="out", publish_names=True).raise_for_failure()
    return Path("out")


def scale_weights(module: ModuleType, path: Path) -> None:
    graph, weights = module.read(path)
    module.write(path, graph, {name: values * np.asarray(1.05, values.dtype) for name, values in weights.items()})


def test_without_its_folder_there_is_none() -> None:
    assert "toy" not in target_names()


def test_its_folder_is_found(toy: Target) -> None:
    assert "toy" in target_names()
    assert toy in all_targets()
    assert toy.precisions == PRECISIONS


def test_both_precisions_are_made_and_proven_in_one_bundle(efficientmod: Command, toy: Target, tiny_model: str) -> None:
    asked = ("--target", "toy", "--precision", "fp16", "--precision", "fp32", "--output", "out")
    made = efficientmod("export", "--model", tiny_model, *asked, "--json")
    assert made.exit_code == 0, made.output
    assert {path.name for path in Path("out").iterdir()} == FILES
    found = json.loads(made.stdout)["variants"]
    assert [(one["target"], one["precision"], one["artifact"]["file"]) for one in found] == [
        ("toy", "fp32", "model.toy"),
        ("toy", "fp16", "model_fp16.toy"),
    ]
    full, half = (one["artifact"]["checks"] for one in found)
    assert [(check["gate"], check["unit"], check["verdict"]["outcome"]) for check in full] == [
        ("runtime", "gpu", "not run here"),
        ("runtime", "cpu", "passed"),
    ]
    assert full[0]["verdict"]["reasons"] == ["not run here: a toy has no GPU"]
    assert [(check["gate"], check["unit"], check["verdict"]["outcome"]) for check in half] == [
        ("runtime", "cpu", "passed"),
        ("graph", None, "passed"),
    ]
    # The second file holds halves indeed: that shows in its numbers.
    errors = [check["verdict"]["worst"][0]["max_relative_error"] for check in (full[1], half[0])]
    assert errors[0] < 1e-5 < errors[1] < 1e-2
    assert {"numpy", "torch"} <= open_bundle(Path("out")).evidence().tools.keys()


def test_the_default_is_made_without_a_precision(toy: Target, tiny_model: str) -> None:
    result = export(tiny_model, targets="toy", output="out")
    assert [variant.name for variant in result.variants] == ["toy"]
    assert {path.name for path in Path("out").iterdir()} == FILES - {"model_fp16.toy", "recorded"}


def test_it_is_verified_from_its_files(bundle: Path, efficientmod: Command) -> None:
    proven = efficientmod("verify", bundle)
    assert proven.exit_code == 0, proven.output
    assert "The bundle is what it says" in proven.stdout
    assert "model_fp16.toy" in proven.stdout


def test_its_layers_are_refused_by_name(bundle: Path) -> None:
    known = "coreml, executorch, executorch-coreml, executorch-vulkan, onnx, tflite"
    says = f"The layers of toy files cannot be compared; leave out --layers, or choose from {known}."
    assert verify_bundle(bundle, layers=True).layers == {"toy": (says,), "toy fp16": (says,)}


def test_it_is_measured_beside_its_plain_conversions(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def here(plan: Plan, folder: Path) -> Measurement:
        return _worker.measure(plan)  # another process would not find the toy

    monkeypatch.setattr("efficientmod_export.bench._bench.measure_apart", here)
    result = bench_bundle(bundle, threads=1, runs=2, warmup=1)
    assert result.skipped == ()
    assert [(row.name, row.precision) for row in result.rows] == [
        ("toy", "fp32"),
        ("toy fp16", "fp16"),
        ("toy plain", "fp32"),
        ("toy fp16 plain", "fp16"),
        ("onnx plain", "fp32"),
        (EAGER, "fp32"),
    ]
    assert {row.runtime.split()[0] for row in result.rows} == {"Toy", "ONNX", "PyTorch"}


def test_a_conversion_to_something_else_is_no_bundle(
    module: ModuleType, efficientmod: Command, tiny_model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = module.write

    def wrong(path: Path, graph: object, weights: dict[str, np.ndarray]) -> None:
        write(path, graph, {name: values * np.asarray(1.05, values.dtype) for name, values in weights.items()})

    monkeypatch.setattr(module, "write", wrong)
    made = efficientmod("export", "--model", tiny_model, "--target", "toy", "--output", "out", "--json")
    assert made.exit_code == 1, made.output
    (variant,) = json.loads(made.stdout)["variants"]
    assert variant["failure"]["code"] == "wrong_result"
    assert json.loads(made.stdout)["bundle"] is None
    assert not Path("out").exists()


@pytest.mark.parametrize(("file", "name"), [("model.toy", "toy"), ("model_fp16.toy", "toy fp16")])
def test_a_wrong_file_fails_its_own_proof_alone(file: str, name: str, module: ModuleType, bundle: Path) -> None:
    scale_weights(module, bundle / file)
    seal_again(bundle)
    result = verify_bundle(bundle)
    assert result.exit_code == 1
    failures = {variant.name: variant.failure for variant in result.variants if variant.failure}
    assert failures.keys() == {name}
    assert isinstance(failures[name], ParityError)
    assert failures[name].code == "wrong_result"
    assert str(failures[name]).startswith(f"{name} ")


def test_a_file_that_is_none_is_not_proven(bundle: Path, efficientmod: Command) -> None:
    (bundle / "model.toy").write_bytes(b"PK nothing of the kind")
    seal_again(bundle)
    proven = efficientmod("verify", bundle)
    assert proven.exit_code == 4
    assert "model.toy" in proven.stderr
    failures = [
        variant["failure"] for variant in json.loads(efficientmod("verify", bundle, "--json").stdout)["variants"]
    ]
    assert [failure["code"] for failure in failures if failure] == ["loading_failed"]
    assert "not proven" in proven.stdout
    assert "passed" in proven.stdout  # the other file is


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_file_made_from_another_leaves_no_trace_of_it(
    precision: str, module: ModuleType, tiny_model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(tiny_model, targets="toy", precisions=(precision,), output="out", publish_names=True).raise_for_failure()
    assert len([path for path in Path("out").iterdir() if path.suffix == ".toy"]) == 1


def test_a_package_that_a_toy_would_need(toy: Target) -> None:
    lacking = replace(toy, modules=("torch", "no_such_toy", "no_other_toy"))
    with refused(DependencyError, "missing_package", "no_such_toy, no_other_toy", "[toy]"):
        lacking.demand()


@pytest.mark.parametrize(
    "change", [{"step": FromArtifact("fp16", print)}, {"recipe": EXACT[:1]}], ids=["itself", "recipe"]
)
def test_a_file_is_made_from_an_earlier_one_of_the_same_network(change: dict[str, object], toy: Target) -> None:
    full, half = toy.variants
    with pytest.raises(ValueError, match="toy fp16 must be made from an earlier variant with the same recipe"):
        replace(toy, variants=(full, replace(half, **change)))


@pytest.mark.parametrize(("unit", "says"), [("cpu", None), ("gpu", "a toy has no GPU")])
def test_every_place_is_a_configuration(unit: Unit, says: str | None, toy: Target) -> None:
    (configuration,) = [one for one in toy.variants[0].configurations(3) if one.unit == unit]
    assert (configuration.target, configuration.precision, configuration.threads) == ("toy", "fp32", 3)
    assert toy.runtime.missing(configuration) == says
