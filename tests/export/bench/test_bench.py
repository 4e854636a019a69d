"""A small network's bundle measured from end to end; no assertion on how long anything takes."""

import dataclasses
import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import Result

from efficientmod_export import export
from efficientmod_export._stages import InputSpec, ModelFile, Normalisation, Sample, SampleInput, TensorSpec
from efficientmod_export.bench import BenchResult, _process, _worker, bench_bundle
from efficientmod_export.bench._machine import processors
from efficientmod_export.bench._plan import EAGER, Contender, NetworkSource, Plan
from efficientmod_export.bench._process import measure_apart
from efficientmod_export.targets import find_target
from efficientmod_mobile import load_network
from efficientmod_mobile.errors import BundleError, ConversionError, InputError

from ...raising import refused

Command = Callable[..., Result]


@pytest.fixture
def _own_threads() -> Iterator[None]:
    """Restore the threads of this process, which a measurement in it changes."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def onnx_bundle(tiny_model: str) -> Path:
    export(tiny_model, targets="onnx", output="out", publish_names=True).raise_for_failure()
    return Path("out")


def bench(bundle: Path, **options: object) -> BenchResult:
    return bench_bundle(bundle, **{"threads": 1, "runs": 3, "warmup": 1, **options})  # type: ignore[arg-type]


NAMED = """
import tiny_network
from torch import nn


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = tiny_network.build()

    def forward(self, x):
        return self.body(x)
"""


def test_a_bundle_that_fails_leaves_what_was_measured_before(efficientmod: Command, onnx_bundle: Path) -> None:
    result = efficientmod("bench", onnx_bundle, "missing", "--threads", 1, "--runs", 2, "--baseline", "none")
    assert result.exit_code == 2
    assert "onnx" in result.stdout
    assert "missing" in result.stderr


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--plot", "missing/latency.png"), "unwritable_picture"),
        (("--plot", "latency.txt"), "unknown_picture_format"),
        (("--plot", "."), "unknown_picture_format"),
        (("--plot", "latency.png", "--adb", "benchmark_model"), "conflicting_options"),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_told_before_the_measurement(
    options: tuple[str, ...], code: str, efficientmod: Command, onnx_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("efficientmod_export.bench._bench.measure_apart", None)
    result = efficientmod("bench", onnx_bundle, "--threads", 1, *options, "--json")
    assert result.exit_code == 2, result.output
    assert json.loads(result.stdout)["error"]["code"] == code


@pytest.mark.slow
@pytest.mark.usefixtures("tiny_model")
def test_every_artifact_beside_what_it_is_compared_to() -> None:
    # ExecuTorch's own folding of BatchNorm, which the plain program keeps, fails for parameters named as in "0.weight".
    Path("named_network.py").write_text(NAMED)
    targets = ("executorch", "tflite", "coreml")
    export("named_network:Named", targets=targets, output="out", publish_names=True).raise_for_failure()
    stages: list[str] = []
    result = bench(Path("out"), progress=stages.append)
    assert [(row.name, row.kind) for row in result.rows] == [
        ("executorch", "artifact"),
        ("tflite", "artifact"),
        ("executorch plain", "plain"),
        ("tflite plain", "plain"),
        ("onnx plain", "plain"),
        (EAGER, "eager"),
    ]
    assert {row.threads for row in result.rows} == {1}
    assert all(len(row.rounds_ms) == 3 and row.latency.min_ms > 0 for row in result.rows)
    assert [row.name for row in result.rows if row.load_ms is None] == [EAGER]
    assert [(ratio.name, ratio.reference) for ratio in result.ratios] == [
        (target, reference)
        for target in ("executorch", "tflite")
        for reference in (f"{target} plain", "onnx plain", EAGER)
    ]
    assert [one.name for one in result.skipped] == ["coreml"]
    # 8 x 3 x 5 x 5 at 56 x 56, 16 x 8 x 3 x 3 at 56 x 56, 16 x 7.
    assert result.macs == 56 * 56 * (8 * 3 * 25 + 16 * 8 * 9) + 16 * 7
    assert result.floor_ms > 0
    assert stages[0] == "rebuilding the network"
    assert stages[-1] == "measuring 6 programs in 3 rounds"
    json.dumps(result.as_json())


@pytest.mark.slow
def test_an_onnx_file_of_the_bundle_is_its_own_reference(onnx_bundle: Path) -> None:
    result = bench(onnx_bundle, baseline=None)
    assert [row.name for row in result.rows] == ["onnx", EAGER]
    assert [(ratio.name, ratio.reference) for ratio in result.ratios] == [("onnx", EAGER)]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"threads": 0}, "0 threads"),
        ({"threads": 10_000}, "10000 threads"),
        ({"runs": 0}, "0 runs"),
        ({"warmup": 0}, "0 warm-up calls"),
    ],
)
def test_settings_that_measure_nothing(options: dict[str, object], names: str, tmp_path: Path) -> None:
    with refused(InputError, "option_out_of_range", names):
        bench(tmp_path, **options)


def test_a_folder_that_is_no_bundle(tmp_path: Path) -> None:
    with refused(BundleError, "no_manifest"):
        bench(tmp_path)


def test_a_changed_artifact_is_not_measured(onnx_bundle: Path) -> None:
    with (onnx_bundle / "model.onnx").open("ab") as file:
        file.write(b"more")
    with refused(BundleError, "size_mismatch", "model.onnx"):
        bench(onnx_bundle)


def test_a_bundle_of_which_nothing_runs_here(onnx_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(find_target("onnx").runtime), "missing", lambda *_: "no such thing here")
    with refused(InputError, "no_measurable_artifact", "coreml, executorch, ", "onnx: no such thing here"):
        bench(onnx_bundle)


def test_the_checkpoint_must_be_the_bundles_own(tiny_model: str) -> None:
    state = load_network(tiny_model, None).module.state_dict()
    torch.save(state, "right.pt")
    torch.save({key: value * 2 for key, value in state.items()}, "wrong.pt")
    export(tiny_model, checkpoint="right.pt", targets="onnx", output="out").raise_for_failure()
    with refused(InputError, "wrong_checkpoint", "wrong.pt"):
        bench(Path("out"), checkpoint="wrong.pt")


def test_without_the_checkpoint_the_files_are_measured_alone(efficientmod: Command, tiny_model: str) -> None:
    state = load_network(tiny_model, None).module.state_dict()
    torch.save({"model": state, "teacher": {key: value * 2 for key, value in state.items()}}, "both.pt")
    weights = ("--checkpoint", "both.pt", "--checkpoint-key", "teacher")
    assert efficientmod("export", "--model", tiny_model, *weights, "-t", "onnx", "-q").exit_code == 0
    quick = ("bench", "out", "--threads", 1, "--runs", 2, "--warmup", 1, "--json")
    (alone,) = json.loads(efficientmod(*quick, "--plot", "alone.png").stdout)
    assert [row["name"] for row in alone["rows"]] == ["onnx"]
    assert (alone["macs"], alone["floor_ms"], alone["ratios"]) == (None, None, [])
    (skipped,) = alone["skipped"]
    digest = hashlib.sha256(Path("both.pt").read_bytes()).hexdigest()
    assert skipped["name"] == "PyTorch and the plain conversions"
    assert digest in skipped["reason"]
    assert "--checkpoint" in skipped["reason"]
    assert Path("alone.png").stat().st_size > 0
    (whole,) = json.loads(efficientmod(*quick, *weights, "--model", tiny_model).stdout)
    assert [row["name"] for row in whole["rows"]] == ["onnx", "onnx plain", EAGER]
    assert whole["skipped"] == []
    refused_key = efficientmod(*quick, "--checkpoint", "both.pt", "--checkpoint-key", "model", "--model", tiny_model)
    assert json.loads(refused_key.stdout)["error"]["code"] == "weights_not_reproduced"


def black(height: int, width: int) -> Sample:
    pixels = np.zeros((height, width, 3), np.uint8)
    return Sample("black", "structured", (SampleInput(np.zeros((1, 3, height, width), np.float32), pixels, pixels),))


def plan(tiny_model: str, *contenders: Contender) -> Plan:
    return Plan(contenders, NetworkSource(tiny_model, None, None, 0), black(64, 96), 1, 2, 1)


@pytest.mark.usefixtures("_own_threads")
def test_a_file_that_does_not_load_is_refused_alone(onnx_bundle: Path, tiny_model: str) -> None:
    Path("damaged.onnx").write_bytes(b"nothing of the kind")
    (configuration,) = find_target("onnx").variants[0].configurations(1)
    taken = InputSpec("input", (1, 3, 224, 224), "float32", "NCHW", Normalisation((0.0,) * 3, (1.0,) * 3))
    given = TensorSpec("logits", (1, 7), "float32", "any")
    asked = plan(
        tiny_model,
        *(
            Contender("artifact", name, ModelFile(path, (taken,), (given,)), configuration)
            for name, path in (("damaged", Path("damaged.onnx")), ("whole", onnx_bundle / "model.onnx"))
        ),
    )
    asked = dataclasses.replace(asked, sample=black(224, 224))
    measured = _worker.measure(asked)
    assert set(measured.timings) == {EAGER, "whole"}
    assert measured.timings["whole"].load is not None
    assert len(measured.product.rounds) == 2
    assert measured.refused.keys() == {"damaged"}
    assert measured.refused["damaged"].startswith("damaged.onnx cannot be loaded")


@pytest.mark.slow
def test_a_process_that_ends_without_a_response_is_explained(tmp_path: Path) -> None:
    with refused(ConversionError, "runtime_crashed", "no_such_module"):
        measure_apart(plan("no_such_module:build"), tmp_path)


def test_a_crash_is_reported_by_its_signal() -> None:
    ended = subprocess.CompletedProcess([], -11, "", "some line")
    assert _process._reason(ended) == "SIGSEGV"
    assert _process._reason(subprocess.CompletedProcess([], 3, "", "")) == "exit code 3"


@pytest.mark.slow
@pytest.mark.skipif(processors() < 2, reason="needs two processors")
def test_every_runtime_takes_the_threads_and_the_caller_keeps_its_own(tiny_model: str) -> None:
    export(tiny_model, targets=("executorch", "tflite"), output="out", publish_names=True).raise_for_failure()
    before = torch.get_num_threads()
    result = bench(Path("out"), threads=2, baseline=None)
    assert {row.name: row.threads for row in result.rows} == {
        "executorch": 2,
        "tflite": 2,
        "onnx plain": 2,
        EAGER: 2,
    }
    assert torch.get_num_threads() == before
