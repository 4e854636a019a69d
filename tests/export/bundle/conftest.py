"""A small bundle without a network: two artifacts of made-up bytes, real golden files."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from efficientmod_export._stages import Artifact, InputSpec, Normalisation, Outputs, TensorSpec
from efficientmod_export.bundle import (
    Bundle,
    BundleWriter,
    FailedTarget,
    Generator,
    GoldenEntry,
    Interpretation,
    Manifest,
    Model,
    Preprocessing,
    describe_artifact,
    describe_weights,
    tool_versions,
    write_golden,
    write_labels,
)
from efficientmod_export.parity import TOLERANCES, MeasuredWith, judge, make_samples, not_run_here
from efficientmod_mobile import PreprocessingConfig, Weights
from efficientmod_mobile.deploy import Certificate, Refusal, Step

CONFIG = PreprocessingConfig((64, 96), "bicubic", 0.875, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
PREPROCESSING = Preprocessing.from_config(CONFIG, CONFIG.input_size)
SAMPLES = make_samples(PREPROCESSING)
REFERENCES: tuple[Outputs, ...] = tuple(
    (sample.tensor.mean(axis=(2, 3)), np.ascontiguousarray(sample.tensor[:, :, ::7, ::5])) for sample in SAMPLES
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


@dataclass(frozen=True)
class Golden:
    """Golden files made once, since pictures take their time to compress."""

    folder: Path
    entries: tuple[GoldenEntry, ...]


def write_files(
    folder: Path, golden: Golden | None = None, *, content: bytes = b"pte", outcome: str = "passed"
) -> Manifest:
    """Fill a bundle's folder but for the manifest."""
    if golden is None:
        entries = write_golden(folder, SAMPLES, REFERENCES)
    else:
        entries = golden.entries
        shutil.copytree(golden.folder, folder / "golden")
    pte = folder / "model.pte"
    pte.write_bytes(content)
    package = folder / "model.mlpackage"
    (package / "Data" / "weights").mkdir(parents=True)
    (package / "Manifest.json").write_text("{}")
    (package / "Data" / "weights" / "weight.bin").write_bytes(b"weights")
    executorch = Artifact("executorch", pte, "fp32", "ExecuTorch", "1.4", (NORMALISED,), OUTPUTS, 1, ("aten.erf",))
    coreml = Artifact("coreml", package, "fp16", "Core ML", "iOS 16", (PICTURE,), OUTPUTS)
    results = REFERENCES if outcome == "passed" else REFERENCES[::-1]
    names = [sample.name for sample in SAMPLES]
    ran = judge(
        names, REFERENCES, results, TOLERANCES["executorch", "fp32"], MeasuredWith(runtime="ExecuTorch", version="1")
    )
    tolerance = TOLERANCES["coreml", "fp16"]
    sound = judge(names, REFERENCES, REFERENCES, tolerance, MeasuredWith(runtime="interpreter", version="1"))
    not_run = not_run_here(tolerance, "Core ML has no runtime on this machine")
    return Manifest(
        schema_version=1,
        generator=Generator(name="efficientmod-mobile", version="0.1.0"),
        status="failed" if ran.failed else "passed",
        model=Model(name="tiny", num_classes=3, weights=describe_weights(Weights("seeded", seed=0))),
        preprocessing=PREPROCESSING,
        labels=write_labels(folder, ["tench", "goldfish", "great\u2028white"]),
        artifacts=(
            describe_artifact(executorch, CERTIFICATE, ran, folder),
            describe_artifact(coreml, CERTIFICATE, not_run, folder, Interpretation(graph=sound, numerics=sound)),
        ),
        failed_targets=(FailedTarget(target="tflite", reason="erf has no TFLite operator"),),
        golden=entries,
        tools=tool_versions(),
    )


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    folder = tmp_path_factory.mktemp("golden")
    return Golden(folder / "golden", write_golden(folder, SAMPLES, REFERENCES))


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
