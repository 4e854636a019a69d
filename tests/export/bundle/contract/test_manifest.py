"""The manifest and the evidence: built from plain values they are the vectors' bundle, and their schemas are kept."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from pydantic import ValidationError

from efficientmod_export.bundle import Preprocessing
from efficientmod_export.bundle.contract import (
    ArtifactEntry,
    ArtifactEvidence,
    ArtifactInput,
    ArtifactOutput,
    Calibration,
    Check,
    Evidence,
    FailedVariant,
    Generator,
    Input,
    Limits,
    Manifest,
    Model,
    Normalisation,
    Output,
    Step,
    StoredFile,
    Transforms,
    TransformStep,
    UnitProof,
    Weights,
    conclude,
    read_bundle,
    read_tensor,
    write_evidence,
    write_golden,
    write_labels,
)
from efficientmod_export.bundle.contract._schema import SCHEMAS, schema_path, schema_text
from efficientmod_export.bundle.contract._vocabulary import ITEM_BYTES
from efficientmod_export.parity import MeasuredWith, Tolerance, judge, not_run_here, refused
from efficientmod_mobile.deploy import Certificate, Refusal
from efficientmod_mobile.deploy import Step as Transform

TOLERANCE = Tolerance(
    max_relative_error=1e-2,
    mean_relative_error=5e-3,
    cosine=0.999,
    sqnr_db=40.0,
    displacement=1e-3,
    origin="an example",
)
LIMITS = Limits.of(TOLERANCE)
CERTIFICATE = Certificate(
    steps=(Transform("fold_batch_norm", 3, (Refusal("stem.0 conv2d", "read twice"),)),),
    nodes_before=90,
    nodes_after=70,
    float64_error=3e-16,
    float32_error=2e-7,
    tolerance=1e-12,
)
INTERPRETER = "an interpreter of the file's format ran it, not its own runtime"


def artifacts(folder: Path, inputs: tuple[Input, ...], proofs: list[UnitProof]) -> list[ArtifactEntry]:
    shape, unit = (1, 16, 24, 3), Normalisation(mean=(0.0,) * 3, std=(1.0,) * 3)
    tflite = ArtifactInput(
        name="image", shape=shape, dtype="float32", layout="NHWC", input=inputs[0].name, normalisation=unit
    )
    coreml = tflite.model_copy(update={"dtype": "uint8", "normalisation": None})
    logits = ArtifactOutput(name="logits", shape=(1, 7), dtype="float32", layout="any", output="logits")
    maps = {"dtype": "float32", "output": "features_1"}
    nhwc = ArtifactOutput(name="features", shape=(1, 5, 6, 4), layout="NHWC", **maps)
    nchw = ArtifactOutput(name="features_1", shape=(1, 4, 5, 6), layout="NCHW", **maps)
    gpu = UnitProof(
        unit="gpu",
        compute_precision="float16",
        threads=None,
        state="not_run_here",
        reason="no such GPU on this machine",
        limits=LIMITS,
    )
    return [
        ArtifactEntry.at(
            folder,
            "model.tflite",
            target="tflite",
            precision="fp32",
            runtime="LiteRT",
            least_runtime="1.0",
            inputs=[tflite],
            outputs=[logits, nhwc],
            proofs=[proofs[0], gpu],
        ),
        ArtifactEntry.at(
            folder,
            "model_fp16.mlpackage",
            target="coreml",
            precision="fp16",
            runtime="Core ML",
            least_runtime="iOS 16",
            inputs=[coreml],
            outputs=[logits, nchw],
            proofs=[proofs[1]],
            calibration=Calibration(
                statement="2 of 3 pictures of the folder given", pictures=("one/a.jpg", "two/b.png")
            ),
        ),
    ]


def test_plain_values_make_the_vectors_bundle(example: Path, document: Any) -> None:
    bundle = read_bundle(example)
    preprocessing = Preprocessing.model_validate(document["inputs"][0]["preprocessing"])
    inputs = (Input.picture("image", preprocessing),)
    outputs = [
        Output(name="logits", shape=(1, 7), dtype="float32", layout="any", role="scores", meaning="logits"),
        Output(
            name="features_1", shape=(1, 4, 5, 6), dtype="float32", layout="NCHW", role="features", meaning="features"
        ),
    ]
    references = [
        tuple(
            read_tensor(example / given.tensor.file, out.shape, out.dtype)
            for given, out in zip(s.outputs, outputs, strict=True)
        )
        for s in bundle.manifest.golden
    ]
    checks = []
    for gate, unit, precision, threads, runtime in (
        ("runtime", "cpu", "float32", 1, "ai-edge-litert"),
        ("numerics", None, "float16", None, "MIL interpreter"),
    ):
        measured = MeasuredWith(runtime=runtime, version="1")
        verdict = judge(["tall", "wide"], references, references, TOLERANCE, measured)
        checks.append(Check(gate=gate, unit=unit, compute_precision=precision, threads=threads, verdict=verdict))
    proofs = [
        conclude("cpu", "float32", checks, TOLERANCE),
        conclude("neural_engine", "float16", checks, TOLERANCE),
    ]
    entries = artifacts(example, inputs, proofs)
    worst = checks[0].verdict.worst
    names = ("logits", "features_1")
    recorded = tuple(
        tuple(StoredFile.of(example, f"recorded/model_fp16.{place}.{name}.bin") for name in names) for place in (0, 1)
    )
    rewrites = (TransformStep(transform="fuse_hard_swish", applied=2, refused=()),)
    common = {"transforms": Transforms.of(CERTIFICATE), "rewrites": rewrites, "rank": 4, "rounding": None}
    evidence = Evidence.of(
        [
            ArtifactEvidence(
                file=entries[0].file, delegates=1, outside=("erf",), checks=(checks[0],), float32_outputs=(), **common
            ),
            ArtifactEvidence(
                file=entries[1].file,
                delegates=None,
                outside=(),
                checks=(checks[1],),
                float32_outputs=recorded,
                **common,
            ),
        ],
        {"numpy": "2.4.6", "torch": "2.13.0"},
        {"float32": worst, "float16_weights": worst, "float16": worst},
    )
    kept = json.loads((example / "proof.json").read_bytes())
    assert json.loads(evidence.to_json()) == approximately(kept)
    manifest = Manifest.of(
        generator=Generator(name="efficientmod-mobile", version="0.1.0"),
        task="classification",
        model=Model(name="tiny", num_classes=7, weights=Weights.of("seeded", sha256=None, seed=0)),
        inputs=inputs,
        outputs=outputs,
        after_network=[
            Step(step="softmax", output="logits", parameters={}),
            Step(step="top_k", output="logits", parameters={"k": 5}),
        ],
        labels=write_labels(example, bundle.labels() or ()),
        artifacts=entries,
        failed=[FailedVariant(target="executorch", precision="fp32", reason="erf is not supported")],
        golden=bundle.manifest.golden,
        proof=bundle.manifest.proof,
        other_files=[StoredFile.of(example, "README.md"), *recorded[0], *recorded[1]],
    )
    assert json.loads(manifest.to_json()) == document
    assert write_evidence(example, evidence).file == "proof.json"


def approximately(value: Any) -> Any:
    """With a tolerance, since the metrics were summed in another order."""
    if isinstance(value, dict):
        return {key: approximately(item) for key, item in value.items()}
    if isinstance(value, list):
        return [approximately(item) for item in value]
    return pytest.approx(value, rel=1e-12) if isinstance(value, float) else value


def test_golden_files_are_written_and_read(tmp_path: Path) -> None:
    picture = np.random.RandomState(0).randint(0, 256, (5, 7, 3), dtype=np.uint8)
    arrays = {
        "image": np.random.RandomState(1).standard_normal((1, 3, 4, 6)).astype(np.float32),
        "ids": np.array([[1, -2, 2**40]], np.int64),
        "mask": np.array([[True, False]]),
        "classes": np.array([[-7, 3]], np.int32),
    }
    given, made = {key: arrays[key] for key in ("image", "ids")}, {key: arrays[key] for key in ("mask", "classes")}
    sample = write_golden(
        tmp_path, "one", "noise", given, made, pictures={"image": picture}, attributions={"image": "nobody"}
    )
    assert [stored.file for stored in sample.files()] == [
        "golden/one.image.png",
        "golden/one.image.bin",
        "golden/one.ids.bin",
        "golden/one.mask.bin",
        "golden/one.classes.bin",
    ]
    for entry in (*sample.inputs, *sample.outputs):
        values = arrays[entry.input if hasattr(entry, "input") else entry.output]
        assert entry.tensor.size == values.size * ITEM_BYTES[values.dtype.name]
        read = read_tensor(tmp_path / entry.tensor.file, values.shape, values.dtype.name)
        np.testing.assert_array_equal(read, values)
        assert read.dtype == values.dtype
    assert (tmp_path / "golden" / "one.ids.bin").read_bytes()[16:] == (2**40).to_bytes(8, "little")


def check(gate: str, outcome: str, compute_precision: str = "float16") -> Check:
    reference = [(np.array([[1.0, 2.0]], np.float32),)]
    result = [(np.array([[2.0, 1.0]], np.float32),)] if outcome == "failed" else reference
    measured = MeasuredWith(runtime="x", version="1")
    verdict = judge(["a"], reference, result, TOLERANCE, measured)
    if outcome == "not run here":
        verdict = not_run_here(TOLERANCE, "there is no phone")
    if outcome == "refused":
        verdict = refused(TOLERANCE, measured, "erf is outside")
    runs = gate == "runtime"
    return Check(
        gate=gate,
        unit="gpu" if runs else None,
        compute_precision=compute_precision,
        threads=4 if runs else None,
        verdict=verdict,
    )


@pytest.mark.parametrize(
    ("checks", "state", "reason"),
    [
        ([("runtime", "passed")], "proven", None),
        ([("runtime", "passed"), ("graph", "passed"), ("numerics", "passed")], "proven", None),
        ([("runtime", "refused"), ("numerics", "passed")], "refused", "erf is outside"),
        ([("runtime", "not run here"), ("graph", "passed"), ("numerics", "passed")], "interpreted", "is no phone"),
        ([("graph", "passed"), ("numerics", "passed")], "interpreted", INTERPRETER),
        ([("runtime", "not run here"), ("graph", "passed")], "not_run_here", "is no phone"),
        ([("runtime", "not run here"), ("graph", "failed"), ("numerics", "passed")], "failed", "is over"),
        ([("runtime", "failed")], "failed", "is over"),
    ],
)
def test_the_conclusion_from_checks(checks: list[tuple[str, str]], state: str, reason: str | None) -> None:
    row = conclude("gpu", "float16", [check(*one) for one in checks], TOLERANCE)
    threads = 4 if "runtime" in dict(checks) else None
    assert (row.state, row.configuration, row.limits) == (state, ("gpu", "float16", threads), LIMITS)
    assert row.reason is None if reason is None else reason in (row.reason or "")


def test_checks_of_another_unit_or_arithmetic_do_not_count() -> None:
    there = check("runtime", "passed")
    other_unit = check("runtime", "failed").model_copy(update={"unit": "cpu"})
    others = [other_unit, check("runtime", "failed", "float32"), check("numerics", "failed", "float32")]
    assert conclude("gpu", "float16", [there, *others], TOLERANCE).state == "proven"
    # The graph is the same in every arithmetic.
    assert conclude("gpu", "float16", [there, check("graph", "failed", "float32")], TOLERANCE).state == "failed"


def test_a_runtime_has_a_unit_and_an_interpreter_has_none() -> None:
    for gate, unit in (("runtime", None), ("numerics", "cpu")):
        with pytest.raises(ValidationError, match="the unit is required for a runtime"):
            Check.model_validate({**check(gate, "passed").model_dump(), "unit": unit})


def test_a_part_may_take_what_another_gives(document: Any) -> None:
    tflite = document["artifacts"][0]
    head = {**tflite, "file": "head.tflite", "part": "head"}
    maps = {**tflite["outputs"][1], "input": "features_1", "normalisation": None}
    head["inputs"], head["outputs"] = [{key: maps[key] for key in tflite["inputs"][0]}], [tflite["outputs"][0]]
    document["artifacts"].append(head)
    assert Manifest.model_validate_json(json.dumps(document), strict=True).artifacts[2].part == "head"
    head.update(part="main", precision="fp16")
    with pytest.raises(ValidationError, match="lacks some"):
        Manifest.model_validate_json(json.dumps(document), strict=True)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_on_disk_are_the_models(name: str) -> None:
    """After a change: python -m efficientmod_export.bundle.contract."""
    assert schema_path(name).read_text(encoding="utf-8") == schema_text(name)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_require_every_field_and_allow_others(name: str) -> None:
    schema = json.loads(schema_text(name))
    for definition in [schema, *schema["$defs"].values()]:
        if "properties" in definition:
            assert "additionalProperties" not in definition
            assert sorted(definition["required"]) == sorted(definition["properties"])


def test_both_files_meet_their_schemas(example: Path, document: Any) -> None:
    for name, content in (
        ("manifest.schema.json", document),
        ("proof.schema.json", json.loads((example / "proof.json").read_bytes())),
    ):
        schema = json.loads(schema_text(name))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(content, schema)


def test_a_field_too_many_is_refused_when_writing() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Weights(kind="seeded", sha256=None, seed=0, statement="seeded: for latency only", note="x")
