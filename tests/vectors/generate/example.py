"""`bundle/`: a small bundle with made-up artifacts, written by hand, not by the toolkit."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tests.vectors.generate import arithmetic
from tests.vectors.generate.digests import folder_digest
from tests.vectors.generate.files import rgb_png
from tests.vectors.generate.metrics import TOLERANCE, case
from tests.vectors.generate.preprocessing import IMAGENET, UNIT, fields
from tests.vectors.generate.resizing import picture

NAME = "bundle"
LABELS = ["tench", "goldfish", "great white shark", "\u732b", "K\u00e4fer", "crane", "crane"]
PACKAGE = {
    "Manifest.json": b"{}\n",
    "Data/com.apple.CoreML/model.mlmodel": b"mlmodel",
    "Data/weights/weight.bin": b"weights",
}
WEIGHTS = {"kind": "seeded", "sha256": None, "seed": 0, "statement": "seeded: for latency only"}
PREPROCESSING = fields("cover", (18, 27), "bicubic", (16, 24), "center", None, IMAGENET)
SHAPES = {"logits": (1, 7), "features_1": (1, 4, 5, 6)}
PICTURES = {"tall": picture(53, 31), "wide": picture(19, 41)}


def write(folder: Path) -> None:
    """Write the bundle anew."""
    root = folder / NAME
    if root.exists():
        shutil.rmtree(root)
    for name, content in PACKAGE.items():
        _write(root, f"model_fp16.mlpackage/{name}", content)
    recorded = [_recorded(root, place, name) for place, name in enumerate(PICTURES)]
    golden = [_sample(root, name, pixels) for name, pixels in PICTURES.items()]
    manifest = {
        "format_version": "1.0",
        "generator": {"name": "efficientmod-mobile", "version": "0.1.0"},
        "status": "passed",
        "task": {"name": "classification"},
        "model": {"name": "tiny", "num_classes": 7, "weights": WEIGHTS},
        "inputs": [
            {**_tensor("image", (1, 3, 16, 24), "NCHW"), "kind": "picture", "preprocessing": PREPROCESSING},
        ],
        "outputs": [
            {**_tensor("logits", SHAPES["logits"], "any"), "role": "scores", "meaning": "logits"},
            {**_tensor("features_1", SHAPES["features_1"], "NCHW"), "role": "features", "meaning": "features"},
        ],
        "after_network": [
            {"step": "softmax", "output": "logits", "parameters": {}},
            {"step": "top_k", "output": "logits", "parameters": {"k": 5}},
        ],
        "labels": _write(root, "labels.txt", "".join(f"{label}\n" for label in LABELS).encode()) | {"count": 7},
        "artifacts": [_tflite(root), _coreml()],
        "failed": [{"target": "executorch", "precision": "fp32", "reason": "erf is not supported"}],
        "golden": golden,
        "proof": _write(root, "proof.json", _json(_proof(recorded))),
        "other_files": [
            _write(root, "README.md", b"# tiny\n"),
            *(stored for results in recorded for stored in results),
        ],
    }
    _write(root, "manifest.json", _json(manifest))


def listed_files(root: Path) -> list[str]:
    """The manifest and the files that it lists, in its order; those of a folder one by one."""
    manifest = json.loads((root / "manifest.json").read_bytes())
    folders = {"model_fp16.mlpackage": sorted(PACKAGE)}
    golden = [
        stored["file"]
        for sample in manifest["golden"]
        for stored in (
            *(given["picture"] for given in sample["inputs"]),
            *(given["tensor"] for given in (*sample["inputs"], *sample["outputs"])),
        )
    ]
    artifacts = [entry["file"] for entry in manifest["artifacts"]]
    others = [stored["file"] for stored in (manifest["proof"], *manifest["other_files"])]
    files = ["manifest.json", *artifacts, manifest["labels"]["file"], *golden, *others]
    return [f"{file}/{name}" if name else file for file in files for name in folders.get(file, [""])]


def outputs(sample: str) -> list[np.ndarray]:
    """The reference's outputs for a sample: made-up numbers."""
    draw = np.random.RandomState(len(sample) + ord(sample[0]))
    return [draw.standard_normal(shape).astype(np.float32) for shape in SHAPES.values()]


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _write(root: Path, file: str, content: bytes) -> dict[str, Any]:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return {"file": file, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def _tensor(name: str, shape: tuple[int, ...], layout: str, dtype: str = "float32") -> dict[str, Any]:
    return {"name": name, "shape": list(shape), "dtype": dtype, "layout": layout}


def _sample(root: Path, name: str, source: np.ndarray) -> dict[str, Any]:
    seen = arithmetic.pixels(source, PREPROCESSING)
    tensor = arithmetic.normalised(seen, *IMAGENET).transpose(2, 0, 1)[np.newaxis]
    height, width = source.shape[:2]
    shown = _write(root, f"golden/{name}.image.png", rgb_png(source))
    values = _write(root, f"golden/{name}.image.bin", tensor.astype("<f4").tobytes())
    given = {"input": "image", "picture": {**shown, "height": height, "width": width, "credit": None}, "tensor": values}
    results = [
        {"output": key, "tensor": _write(root, f"golden/{name}.{key}.bin", output.astype("<f4").tobytes())}
        for key, output in zip(SHAPES, outputs(name), strict=True)
    ]
    return {"name": name, "kind": "noise", "inputs": [given], "outputs": results}


def _row(unit: str, compute_precision: str, threads: int | None, state: str, reason: str | None) -> dict[str, Any]:
    row = {"unit": unit, "compute_precision": compute_precision, "threads": threads, "state": state, "reason": reason}
    return {**row, "limits": TOLERANCE}


def _tflite(root: Path) -> dict[str, Any]:
    stated = {"mean": UNIT[0], "std": UNIT[1]}
    given = {**_tensor("image", (1, 16, 24, 3), "NHWC"), "input": "image", "normalisation": stated}
    return {
        **_write(root, "model.tflite", b"tflite"),
        "kind": "file",
        "part": "main",
        "target": "tflite",
        "precision": "fp32",
        "runtime": "LiteRT",
        "least_runtime": "1.0",
        "inputs": [given],
        "outputs": [
            {**_tensor("logits", (1, 7), "any"), "output": "logits"},
            {**_tensor("features", (1, 5, 6, 4), "NHWC"), "output": "features_1"},
        ],
        "proofs": [
            _row("cpu", "float32", 1, "proven", None),
            _row("gpu", "float16", None, "not_run_here", "no such GPU on this machine"),
        ],
        "calibration": None,
    }


def _coreml() -> dict[str, Any]:
    given = {**_tensor("image", (1, 16, 24, 3), "NHWC", "uint8"), "input": "image", "normalisation": None}
    reason = "an interpreter of the file's format ran it, not its own runtime"
    return {
        "file": "model_fp16.mlpackage",
        "sha256": folder_digest(PACKAGE),
        "size": sum(map(len, PACKAGE.values())),
        "kind": "folder",
        "part": "main",
        "target": "coreml",
        "precision": "fp16",
        "runtime": "Core ML",
        "least_runtime": "iOS 16",
        "inputs": [given],
        "outputs": [
            {**_tensor("logits", (1, 7), "any"), "output": "logits"},
            {**_tensor("features_1", (1, 4, 5, 6), "NCHW"), "output": "features_1"},
        ],
        "proofs": [_row("neural_engine", "float16", None, "interpreted", reason)],
        "calibration": {"statement": "2 of 3 pictures of the folder given", "pictures": ["one/a.jpg", "two/b.png"]},
    }


def _recorded(root: Path, place: int, sample: str) -> list[dict[str, Any]]:
    """What the interpreted artifact gave in float32."""
    return [
        _write(root, f"recorded/model_fp16.{place}.{name}.bin", output.astype("<f4").tobytes())
        for name, output in zip(SHAPES, outputs(sample), strict=True)
    ]


def _proof(recorded: list[list[dict[str, Any]]]) -> dict[str, Any]:
    step = {
        "transform": "fold_batch_norm",
        "applied": 3,
        "refused": [{"where": "stem.0 conv2d", "reason": "read twice"}],
    }
    rewrites = [{"transform": "fuse_hard_swish", "applied": 2, "refused": []}]
    transforms = {
        "steps": [step],
        "nodes_before": 90,
        "nodes_after": 70,
        "float64_error": 3e-16,
        "float32_error": 2e-07,
        "tolerance": 1e-12,
    }
    common = {
        "transforms": transforms,
        "rewrites": rewrites,
        "delegates": 1,
        "outside": ["erf"],
        "rank": 4,
        "rounding": None,
    }
    tflite = _check("runtime", "cpu", "float32", 1, "ai-edge-litert")
    coreml = _check("numerics", None, "float16", None, "MIL interpreter")
    return {
        "format_version": "1.0",
        "artifacts": [
            {"file": "model.tflite", **common, "checks": [tflite], "float32_outputs": []},
            {
                "file": "model_fp16.mlpackage",
                **common,
                "delegates": None,
                "outside": [],
                "checks": [coreml],
                "float32_outputs": recorded,
            },
        ],
        "noise": {kind: _verdict("")["worst"] for kind in ("float32", "float16_weights", "float16")},
        "tools": {"numpy": "2.4.6", "torch": "2.13.0"},
    }


def _check(gate: str, unit: str | None, compute_precision: str, threads: int | None, runtime: str) -> dict[str, Any]:
    configuration = {"unit": unit, "compute_precision": compute_precision, "threads": threads}
    return {"gate": gate, **configuration, "verdict": _verdict(runtime)}


def _verdict(runtime: str) -> dict[str, Any]:
    references = [outputs(name) for name in PICTURES]
    found = case("", references, references, TOLERANCE)
    return {
        "outcome": found["outcome"],
        "reasons": [],
        "measured_with": {"runtime": runtime, "version": "1"},
        "tolerance": {**TOLERANCE, "origin": "an example"},
        "worst": found["worst"],
        "samples": [{"sample": name, **sample} for name, sample in zip(PICTURES, found["samples"], strict=True)],
    }
