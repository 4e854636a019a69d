"""A small bundle without a network: two artifacts of made-up bytes, real golden files."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from efficientmod_export._stages import Artifact, InputSpec, Normalisation, Outputs, TensorSpec
from efficientmod_export.bundle import BundleWriter, Preprocessing, ProvenArtifact, describe_artifact, tool_versions
from efficientmod_export.bundle.contract import (
    Bundle,
    Check,
    Evidence,
    FailedVariant,
    Generator,
    GoldenSample,
    Input,
    Manifest,
    Model,
    Output,
    Weights,
    conclude,
    write_evidence,
    write_golden,
    write_labels,
)
from efficientmod_export.parity import MeasuredWith, Tolerance, make_samples, measure, not_run_here
from efficientmod_mobile import PreprocessingConfig
from efficientmod_mobile.deploy import Certificate, Refusal, Step

CONFIG = PreprocessingConfig((64, 96), "bicubic", 0.875, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
PREPROCESSING = Preprocessing.from_config(CONFIG, CONFIG.input_size)
SAMPLES = make_samples(PREPROCESSING)
REFERENCES: tuple[Outputs, ...] = tuple(
    (sample.inputs[0].tensor.mean(axis=(2, 3)), np.ascontiguousarray(sample.inputs[0].tensor[:, :, ::7, ::5]))
    for sample in SAMPLES
)
CERTIFICATE = Certificate(
    steps=(Step("fold_batch_norm", 3, (Refusal("stem.0 conv2d", "a second reader"),)), Step("drop_dropout", 1, ())),
    nodes_before=90,
    nodes_after=70,
    float64_error=3e-16,
    float32_error=2e-7,
    tolerance=1e-12,
)
NORMALISED = InputSpec("image", (1, 3, 64, 96), "float32", "NCHW", Normalisation(CONFIG.mean, CONFIG.std))
PICTURE = InputSpec("image", (1, 64, 96, 3), "uint8", "NHWC", None)
OUTPUTS = (TensorSpec("logits", (1, 3), "float32", "any"), TensorSpec("features", (1, 3, 10, 20), "float32", "NCHW"))
DECLARED = (
    Output(name="logits", shape=(1, 3), dtype="float32", layout="any", role="scores", meaning="logits"),
    Output(name="maps", shape=(1, 3, 10, 20), dtype="float32", layout="NCHW", role="features", meaning="features"),
)
INPUTS = (Input.picture("image", PREPROCESSING),)
TOLERANCE = Tolerance(
    max_relative_error=1e-4,
    mean_relative_error=1e-5,
    cosine=0.999999,
    sqnr_db=80.0,
    displacement=2e-5,
    origin="made up for these tests",
)


@dataclass(frozen=True)
class Golden:
    """Golden files made once, since pictures take their time to compress."""

    folder: Path
    samples: tuple[GoldenSample, ...]


def write_golden_samples(folder: Path) -> tuple[GoldenSample, ...]:
    """All samples, into `golden/` of a bundle's folder."""
    names = [output.name for output in DECLARED]
    return tuple(
        write_golden(
            folder,
            sample.name,
            sample.kind,
            inputs={"image": sample.inputs[0].tensor},
            outputs=dict(zip(names, reference, strict=True)),
            pictures={"image": sample.inputs[0].source},
            attributions={"image": "somebody" if sample.kind == "photo" else None},
        )
        for sample, reference in zip(SAMPLES, REFERENCES, strict=True)
    )


def prove(folder: Path, artifact: Artifact, *checks: Check) -> ProvenArtifact:
    """Described with these checks, on the one unit that they are about."""
    unit = next(check.unit for check in checks if check.unit)
    proof = conclude(unit, checks[0].compute_precision, checks, TOLERANCE)
    return describe_artifact(artifact, CERTIFICATE, checks, [proof], folder, INPUTS, DECLARED)


def ran(results: tuple[Outputs, ...]) -> Check:
    """A runtime that gives these results."""
    by_name = {sample.name: result for sample, result in zip(SAMPLES, results, strict=True)}
    measured_with = MeasuredWith(runtime="ExecuTorch", version="1")
    verdict = measure(SAMPLES, REFERENCES, lambda sample: by_name[sample.name], TOLERANCE, measured_with)
    return Check(gate="runtime", unit="cpu", compute_precision="float32", threads=2, verdict=verdict)


def write_files(
    folder: Path, golden: Golden | None = None, *, content: bytes = b"pte", outcome: str = "passed"
) -> Manifest:
    """Fill a bundle's folder but for the manifest."""
    if golden is None:
        samples = write_golden_samples(folder)
    else:
        samples = golden.samples
        shutil.copytree(golden.folder, folder / "golden")
    pte = folder / "model.pte"
    pte.write_bytes(content)
    package = folder / "model.mlpackage"
    (package / "Data" / "weights").mkdir(parents=True)
    (package / "Manifest.json").write_text("{}")
    (package / "Data" / "weights" / "weight.bin").write_bytes(b"weights")
    executorch = Artifact(
        pte, (NORMALISED,), OUTPUTS, "executorch", "fp32", "ExecuTorch", "1.4", 1, ("aten.erf",), rewrites={"cuts": 2}
    )
    coreml = Artifact(package, (PICTURE,), OUTPUTS, "coreml", "fp16", "Core ML", "iOS 16")
    not_run = not_run_here(TOLERANCE, "Core ML has no runtime on this machine")
    absent = Check(gate="runtime", unit="neural_engine", compute_precision="float16", threads=None, verdict=not_run)
    proven = (
        prove(folder, executorch, ran(REFERENCES if outcome == "passed" else REFERENCES[::-1])),
        prove(folder, coreml, absent),
    )
    return Manifest.of(
        generator=Generator.installed(),
        task="classification",
        model=Model(name="tiny", num_classes=3, weights=Weights.of("seeded", sha256=None, seed=0)),
        inputs=INPUTS,
        outputs=DECLARED,
        after_network=(),
        labels=write_labels(folder, ["tench", "goldfish", "great\u2028white"]),
        artifacts=[artifact.entry for artifact in proven],
        failed=[FailedVariant(target="tflite", precision="fp32", reason="erf has no TFLite operator")],
        golden=samples,
        proof=write_evidence(folder, Evidence.of([artifact.evidence for artifact in proven], tool_versions(()), {})),
    )


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    folder = tmp_path_factory.mktemp("golden")
    return Golden(folder / "golden", write_golden_samples(folder))


@pytest.fixture
def fill(golden: Golden) -> Callable[..., Manifest]:
    """Fill a bundle's folder with small artifacts and return its manifest."""
    return partial(write_files, golden=golden)


@pytest.fixture
def bundle(tmp_path: Path, fill: Callable[..., Manifest]) -> Bundle:
    """A bundle at `tmp_path / "out"`."""
    with BundleWriter(tmp_path / "out") as writer:
        return writer.commit(fill(writer.folder))


@pytest.fixture
def snapshot() -> Callable[[Path], dict[str, bytes]]:
    """Read every file below a folder, links and hidden ones too."""
    return lambda folder: {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if not path.is_dir()
    }
