"""What `manifest.json` holds. The models are strict: every key is required, none beside them is allowed.

`manifest.schema.json` beside this file is generated from them (`python -m efficientmod_export.bundle`).
"""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from efficientmod_export._stages import Layout, Precision
from efficientmod_export.bundle._preprocessing import Preprocessing
from efficientmod_export.parity import Check, Record

SCHEMA_VERSION = 1
MANIFEST_NAME = "manifest.json"
SEEDED_STATEMENT = "seeded: for latency only"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
BundlePath = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$")]
"""A path below the bundle's folder, with `/`. No segment starts with a dot, so that none can lead out of it."""


class StoredFile(Record):
    """A file of the bundle; for a folder, `_digest` defines its SHA-256, and `size` is the sum. Sizes in bytes."""

    file: BundlePath
    sha256: Sha256
    size: int = Field(ge=0)


class Generator(Record):
    """What wrote the bundle."""

    name: Literal["efficientmod-mobile"]
    version: str


class WeightsSource(Record):
    """Where the weights come from: a checkpoint's file or a module that was named, each with its SHA-256, or a seed."""

    kind: Literal["checkpoint", "seeded", "module"]
    sha256: Sha256 | None
    seed: int | None
    statement: str

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.kind == "seeded") != (self.sha256 is None) or (self.kind == "seeded") != (self.seed is not None):
            raise ValueError("seeded weights have a seed, and all others a SHA-256")
        if (self.kind == "seeded") != (self.statement == SEEDED_STATEMENT):
            raise ValueError(f"seeded weights, and only they, are stated as {SEEDED_STATEMENT!r}")
        return self


class Labels(StoredFile):
    """Class names in UTF-8, one a line, line i for score i."""

    count: int = Field(ge=1)


class Model(Record):
    """The network that every artifact of the bundle computes. `num_classes` is None for one that gives features."""

    name: str
    num_classes: int | None
    weights: WeightsSource


class Refused(Record):
    """A place that a transform left alone: module path and node, and why."""

    where: str
    reason: str


class TransformStep(Record):
    """One exact transform: how often it applied, and where it did not."""

    transform: str
    applied: int
    refused: tuple[Refused, ...]


class Transforms(Record):
    """The certificate of the deploy transforms.

    Errors are the largest absolute difference over the largest absolute value of the reference, which is the original
    network in float64: `float64_error`, at most `tolerance`, of the transformed network in float64, `float32_error` of
    it as deployed.
    """

    steps: tuple[TransformStep, ...]
    nodes_before: int
    nodes_after: int
    float64_error: float
    float32_error: float
    tolerance: float


class Tensor(Record):
    """An artifact's output as its runtime sees it. `layout` is "any" where the rank is not 4."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    layout: Layout


class Normalisation(Record):
    """What a pixel becomes before it is an input's value: (pixel / 255 - mean) / std, channel by channel (R, G, B)."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


class InputTensor(Tensor):
    """An artifact's input. `normalisation` is what the app does to the pixels; None where it hands them over."""

    normalisation: Normalisation | None


class ArtifactEntry(StoredFile):
    """A converted model, what runs it, and how it compares with the reference.

    `delegates` counts the parts that the runtime's accelerator takes, `outside` names the operators that it leaves;
    None and empty where the runtime decides on the device. `rank` is the most axes that a tensor of the file has, None
    where the file does not tell.
    """

    target: str
    kind: Literal["file", "folder"]
    precision: Precision
    runtime: str
    least_runtime: str
    inputs: tuple[InputTensor, ...]
    outputs: tuple[Tensor, ...]
    delegates: int | None
    outside: tuple[str, ...]
    rank: int | None
    transforms: Transforms
    checks: tuple[Check, ...] = Field(min_length=1)

    @property
    def failed(self) -> bool:
        """Whether a proof was tried and failed."""
        return any(check.verdict.failed for check in self.checks)


class FailedTarget(Record):
    """A target that was asked for and could not be made."""

    target: str
    reason: str


class GoldenTensor(StoredFile):
    """A tensor as raw little-endian values in row-major order, without a header."""

    shape: tuple[int, ...]
    dtype: Literal["float32"]
    layout: Layout


class GoldenPicture(StoredFile):
    """A lossless 8-bit RGB PNG. `credit` names whom a copy of it must name, None where nobody."""

    height: int
    width: int
    credit: str | None


class GoldenEntry(Record):
    """One parity sample: the picture, the network's input made of it, and the reference's outputs."""

    name: str
    kind: Literal["photo", "structured", "noise"]
    picture: GoldenPicture
    input: GoldenTensor
    outputs: tuple[GoldenTensor, ...] = Field(min_length=1)

    def files(self) -> tuple[StoredFile, ...]:
        """The sample's files."""
        return (self.picture, self.input, *self.outputs)


class Manifest(Record):
    """The whole of `manifest.json`.

    `status` is "failed" exactly when an artifact's parity is: such a bundle is kept only on request, and no app should
    ship it. `tools` maps each package that took part to its version.
    """

    schema_version: Literal[1]
    generator: Generator
    status: Literal["passed", "failed"]
    model: Model
    preprocessing: Preprocessing
    labels: Labels | None
    artifacts: tuple[ArtifactEntry, ...] = Field(min_length=1)
    failed_targets: tuple[FailedTarget, ...]
    golden: tuple[GoldenEntry, ...] = Field(min_length=1)
    tools: dict[str, str]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        failed = any(artifact.failed for artifact in self.artifacts)
        if failed != (self.status == "failed"):
            raise ValueError("the status is failed exactly when an artifact's parity is")
        repeated = [path for path, count in Counter(stored.file for stored in self.files()).items() if count > 1]
        if repeated:
            raise ValueError(f"{', '.join(repeated)} named more than once")
        if self.labels is not None and self.labels.count != self.model.num_classes:
            raise ValueError(f"{self.labels.count} labels for {self.model.num_classes} classes")
        return self

    def files(self) -> tuple[StoredFile, ...]:
        """Everything in the bundle's folder but the manifest itself."""
        golden = (stored for entry in self.golden for stored in entry.files())
        labels = () if self.labels is None else (self.labels,)
        return (*self.artifacts, *labels, *golden)

    def to_json(self) -> str:
        """The text of `manifest.json`; the same manifest always gives the same text."""
        return self.model_dump_json(indent=2) + "\n"
