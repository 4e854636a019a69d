"""The results of an export and of `verify`, for the terminal, `--json` and Python."""

from dataclasses import dataclass
from pathlib import Path

from efficientmod_export._plain import PlainRecord
from efficientmod_export._stages import Precision
from efficientmod_export.bundle import ProvenArtifact
from efficientmod_mobile.errors import ConversionError, DependencyError, EfficientModError, ParityError

SEVERITY = (ParityError, ConversionError, DependencyError, EfficientModError)
"""Of several failures, the kind that comes first here gives the exit code."""


@dataclass(frozen=True)
class VariantResult(PlainRecord):
    """One target in one precision: its artifact, its failure, and the seconds that it took, of which `gpu_seconds` on a
    GPU, where a proof of the same file by an earlier export takes none.

    `name` is the target's, and the precision where that is not the target's default.
    """

    name: str
    target: str
    precision: Precision
    artifact: ProvenArtifact | None
    failure: EfficientModError | None
    seconds: float
    gpu_seconds: float


@dataclass(frozen=True)
class ExportResult(PlainRecord):
    """What `export` did. `bundle` is the folder that was written and `sha256` its digest, None where none was.

    `weights` says where they come from, as the manifest states it; `remarks` what is worth knowing of
    them and of the pictures, and `preprocessing` how pictures become the input, and
    what states it. `lacking` has a sentence for each precision that was
    requested of a target which does not support it. `note` says why no bundle was written, None where one was.
    """

    JSON_PROPERTIES = ("exit_code",)

    model: str
    weights: str
    remarks: tuple[str, ...]
    preprocessing: str
    bundle: Path | None
    sha256: str | None
    variants: tuple[VariantResult, ...]
    lacking: tuple[str, ...]
    note: str | None
    pushed: str | None = None

    @property
    def exit_code(self) -> int:
        """0 when every variant was made and passed, else that of the most severe failure."""
        return exit_code(self.variants)

    def raise_for_failure(self) -> None:
        """Raise the most severe failure of any variant; do nothing where there is none."""
        failure = gravest(self.variants)
        if failure:
            raise failure


@dataclass(frozen=True)
class VerifyResult(PlainRecord):
    """What `verify_bundle` found. `sha256` is the bundle's digest. `problems` are damaged files, statements and records
    that are not so, and a preprocessing that gives other values; `remarks` what else is worth knowing.

    `layers` has sentences for each variant that was compared layer by layer.
    """

    JSON_PROPERTIES = ("exit_code",)

    bundle: Path
    model: str
    weights: str
    sha256: str
    problems: tuple[str, ...]
    remarks: tuple[str, ...]
    variants: tuple[VariantResult, ...]
    layers: dict[str, tuple[str, ...]]

    @property
    def exit_code(self) -> int:
        """0 when the bundle is proven, 1 when a file is damaged or an artifact fails."""
        return ParityError.exit_code if self.problems else exit_code(self.variants)


def gravest(variants: tuple[VariantResult, ...]) -> EfficientModError | None:
    """The variants' most severe failure, which gives the exit code; None where there is none."""
    failures = [variant.failure for variant in variants if variant.failure]
    for kind in SEVERITY:
        for failure in failures:
            if isinstance(failure, kind):
                return failure
    return None


def exit_code(variants: tuple[VariantResult, ...]) -> int:
    """The exit code of the most severe failure, 0 where there is none."""
    failure = gravest(variants)
    return failure.exit_code if failure else 0
