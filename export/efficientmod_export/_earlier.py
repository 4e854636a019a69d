"""What an earlier bundle proved on a GPU, which is slow: it stands for a file that is the same in every byte."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from efficientmod_export._prove import Held
from efficientmod_export._stages import ModelFile
from efficientmod_export.bundle import golden_references, golden_samples
from efficientmod_export.bundle.contract import Bundle, Check, StoredFile, check_file, check_files, open_bundle
from efficientmod_export.parity import MeasuredWith
from efficientmod_export.targets import Variant, find_target, runtime_version
from efficientmod_mobile.errors import BundleError


@dataclass(frozen=True)
class EarlierProofs:
    """What passed on a GPU, by the SHA-256 of the file."""

    passed: Mapping[str, tuple[Check, ...]] = field(default_factory=dict)

    def of(self, variant: Variant, file: ModelFile) -> tuple[Check, ...]:
        """What is known of a file, of the runtime that is installed."""
        if not self.passed:
            return ()
        runtime = find_target(variant.target).runtime
        version = MeasuredWith(runtime=runtime.title, version=runtime_version(runtime))
        sha256 = StoredFile.of(file.path.parent, file.path.name).sha256
        return tuple(check for check in self.passed.get(sha256, ()) if check.verdict.measured_with == version)


def earlier_proofs(folder: Path, held: Held) -> EarlierProofs:
    """From the bundle in `folder`; nothing where there is none, one that has changed, or one of other samples or other
    outputs of the network.
    """
    try:
        bundle = open_bundle(folder)
        # Most bundles have none: of theirs nothing but proof.json is read.
        passed = {} if check_file(bundle, bundle.manifest.proof) else _passed_on_gpu(bundle)
        if not any(passed.values()) or check_files(bundle):
            return EarlierProofs()
        golden = bundle.manifest.golden
        earlier = Held(golden_samples(bundle, golden), golden_references(bundle, golden))
    except BundleError:
        return EarlierProofs()
    return EarlierProofs(passed) if _same(earlier, held) else EarlierProofs()


def _passed_on_gpu(bundle: Bundle) -> dict[str, tuple[Check, ...]]:
    """By the SHA-256 of the file. Raises BundleError where `proof.json` is damaged."""
    pairs = zip(bundle.manifest.artifacts, bundle.evidence().artifacts, strict=True)
    return {
        entry.sha256: tuple(
            check for check in proven.checks if check.unit == "gpu" and check.verdict.outcome == "passed"
        )
        for entry, proven in pairs
    }


def _same(one: Held, other: Held) -> bool:
    """Whether all samples and references are equal, bit by bit."""
    arrays = [
        [
            array
            for sample, reference in zip(held.samples, held.references, strict=True)
            for array in (*(given.tensor for given in sample.inputs), *reference)
        ]
        for held in (one, other)
    ]
    return len(arrays[0]) == len(arrays[1]) and all(map(np.array_equal, *arrays))
