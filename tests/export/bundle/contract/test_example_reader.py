"""The example reader, which knows the written format alone, on the vectors and on a bundle of real photos."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from efficientmod_export.bundle import Preprocessing
from efficientmod_export.bundle.contract import (
    MANIFEST_NAME,
    ArtifactEntry,
    ArtifactInput,
    ArtifactOutput,
    Generator,
    Input,
    Limits,
    Manifest,
    Model,
    StoredFile,
    UnitProof,
    Weights,
    read_bundle,
    write_golden,
)
from efficientmod_export.parity import make_samples
from efficientmod_export.tasks import NetworkFacts, all_tasks
from efficientmod_mobile import IMAGENET

READER = Path(__file__).parents[4] / "examples" / "read_bundle.py"


def read(folder: Path) -> subprocess.CompletedProcess[str]:
    # -I: not this checkout, nor what PYTHONPATH names.
    return subprocess.run([sys.executable, "-I", READER, folder], capture_output=True, text=True, check=False)


def letterboxed(preprocessing: Preprocessing) -> Preprocessing:
    document = preprocessing.model_dump()
    document["resize"].update(rule="letterbox")
    document["crop"].update(fill=(124, 116, 104))
    return Preprocessing.model_validate(document)


def write_photos(folder: Path, preprocessing: Preprocessing) -> None:
    """A bundle of the parity samples, with an artifact of made-up bytes."""
    image = Input.picture("image", preprocessing)
    samples = make_samples(preprocessing)
    outputs = tuple((sample.inputs[0].tensor.mean(axis=(2, 3)),) for sample in samples)
    [vector] = all_tasks()["features"].outputs(NetworkFacts(None, (image.shape,), outputs))
    (folder / "model.pte").write_bytes(b"pte")
    (folder / "proof.json").write_bytes(b"{}")
    limits = Limits(max_relative_error=1, mean_relative_error=1, cosine=0, sqnr_db=0, displacement=1)
    proof = UnitProof(
        unit="cpu", compute_precision="float32", threads=1, state="not_run_here", reason="none", limits=limits
    )
    values = {"shape": image.shape, "dtype": "float32", "layout": "NCHW", "normalisation": None}
    own = ArtifactInput(name="x", input="image", **values)
    output = ArtifactOutput(name="y", output=vector.name, shape=vector.shape, dtype="float32", layout="any")
    artifact = ArtifactEntry.at(
        folder,
        "model.pte",
        target="executorch",
        precision="fp32",
        runtime="ExecuTorch",
        least_runtime="1.4",
        inputs=[own],
        outputs=[output],
        proofs=[proof],
    )
    golden = [
        write_golden(
            folder,
            sample.name,
            sample.kind,
            {"image": sample.inputs[0].tensor},
            {vector.name: values[0]},
            pictures={"image": sample.inputs[0].source},
        )
        for sample, values in zip(samples, outputs, strict=True)
    ]
    manifest = Manifest.of(
        generator=Generator(name="test", version="1"),
        task="features",
        model=Model(name="mean", num_classes=None, weights=Weights.of("seeded", sha256=None, seed=0)),
        inputs=[image],
        outputs=[vector],
        after_network=[],
        labels=None,
        artifacts=[artifact],
        failed=[],
        golden=golden,
        proof=StoredFile.of(folder, "proof.json"),
    )
    (folder / MANIFEST_NAME).write_text(manifest.to_json(), encoding="utf-8")


def test_it_reads_the_vectors_bundle(example: Path) -> None:
    done = read(example)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "tiny: 17 files as written; weights: seeded: for latency only",
        "tall: 0 of 1152 values differ",
        "wide: 0 of 1152 values differ",
    ]


@pytest.mark.parametrize("change", [lambda same: same, letterboxed], ids=["shorter_side", "letterbox"])
def test_it_preprocesses_photos_to_the_bit(change, tmp_path: Path) -> None:
    write_photos(tmp_path, change(Preprocessing.from_config(IMAGENET, (224, 224))))
    assert read_bundle(tmp_path).manifest.task.name == "features"
    done = read(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(": 0 of 150528 values differ") == 5


def test_it_tells_a_tensor_that_differs(example: Path) -> None:
    manifest = json.loads((example / MANIFEST_NAME).read_text(encoding="utf-8"))
    manifest["inputs"][0]["preprocessing"]["mean"][0] = float(np.nextafter(np.float32(0.485), np.float32(1)))
    (example / MANIFEST_NAME).write_text(json.dumps(manifest), encoding="utf-8")
    done = read(example)
    assert done.returncode == 1
    assert "tall: 0 of" not in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"format_version": "1.0"', '"format_version": "2.0"', "the format version is 2.0"),
        ('"file": "model.tflite"', '"file": "../model.tflite"', "leads out of the bundle"),
        ('"file": "README.md"', '"file": "README.txt"', "README.txt is missing"),
    ],
)
def test_it_refuses(example: Path, old: str, new: str, message: str) -> None:
    text = (example / MANIFEST_NAME).read_text(encoding="utf-8")
    (example / MANIFEST_NAME).write_text(text.replace(old, new), encoding="utf-8")
    done = read(example)
    assert done.returncode == 1
    assert message in done.stderr


def test_it_refuses_a_changed_file(example: Path) -> None:
    (example / "model_fp16.mlpackage" / "Manifest.json").write_text("{ }")
    assert "model_fp16.mlpackage has changed" in read(example).stderr
