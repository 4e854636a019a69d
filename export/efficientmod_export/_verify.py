"""Prove a bundle again from its files alone: neither the network's code nor its checkpoint is needed."""

import re
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from efficientmod_export._layer_search import search_layers
from efficientmod_export._prove import Held, conclusions, parity_failure, prove, prove_unchanged
from efficientmod_export._rebuild import rebuild
from efficientmod_export._recorded import contradictions, other_labels, unchecked
from efficientmod_export._result import VariantResult, VerifyResult
from efficientmod_export._stages import Interface, Outputs, ProgressReport, Unit, report_nothing
from efficientmod_export._subject import converter_inputs
from efficientmod_export.bundle import (
    ProvenArtifact,
    check_golden,
    golden_references,
    golden_samples,
    model_file,
    read_recorded,
    unlisted_files,
)
from efficientmod_export.bundle.contract import (
    ArtifactEntry,
    ArtifactEvidence,
    Bundle,
    GoldenSample,
    check_files,
    open_bundle,
)
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import file_names, find_target, network_inputs, network_outputs
from efficientmod_mobile.errors import EfficientModError, InputError


def verify_bundle(
    bundle: Path | str,
    *,
    layers: bool = False,
    checkpoint: str | None = None,
    checkpoint_key: str | None = None,
    model: str | None = None,
    expect: str | None = None,
    verbose: bool = False,
    progress: ProgressReport = report_nothing,
) -> VerifyResult:
    """Check every SHA-256 and the preprocessing, and run every artifact on the golden inputs again; what is recorded of
    it is held against that. A file whose SHA-256 is another one is not loaded. With `expect`, the digest that an export
    gave, nothing of another bundle is run.

    With `layers` the first layer whose output drifts is named for each artifact that runs here. That needs the
    network: `checkpoint` must be the file that the bundle was made from, and `checkpoint_key`
    the same; seeded weights are made again without one. `model` names a network that the bundle does not say how to
    build.

    Raises BundleError when there is no readable bundle, InputError for a checkpoint without `layers`. With `layers`
    also InputError without the bundle's checkpoint or for another one, DependencyError or ConversionError where the
    network cannot be built or captured here.
    """
    if (checkpoint or checkpoint_key or model) and not layers:
        raise InputError(
            "The network is needed for the layers only; add --layers, or leave out --checkpoint and --model.",
            code="conflicting_options",
        )
    expected = None if expect is None else _digest(expect)
    opened = open_bundle(Path(bundle))
    made = opened.manifest.model
    about = opened.path, made.name, made.weights.statement, opened.sha256
    if expected not in (None, opened.sha256):
        problem = f"manifest.json: its SHA-256 is {opened.sha256}, not {expected}, so that nothing was run"
        return VerifyResult(*about, (problem,), (), (), {})
    with nullcontext() if verbose else quiet():
        progress("checking the files")
        damaged = check_files(opened)
        problems = [*map(str, damaged), *_check_descriptions(opened)]
        intact = _intact(opened, {problem.file for problem in damaged})
        if not intact.golden:
            problems.append("no golden sample is whole, so that no artifact could be proven")
        problems += check_golden(opened, intact.held.samples)
        problems += _check_labels(intact)
        variants = tuple(_prove_again(intact, *artifact, progress) for artifact in intact.artifacts)
        for (entry, evidence), result in zip(intact.artifacts, variants, strict=True):
            if result.artifact:
                proven = result.artifact
                problems += contradictions(entry, evidence, proven.entry.proofs, proven.evidence.checks)
        found: dict[str, tuple[str, ...]] = {}
        if layers and intact.golden:
            progress("rebuilding the network")
            failed = {result.name for result in variants if result.failure}
            entries = [entry for entry, _ in intact.artifacts]
            network = rebuild(opened, checkpoint, checkpoint_key, model)
            found = search_layers(opened, entries, network, intact.held.samples, failed, progress)
    unlisted = unlisted_files(opened.path, opened.manifest)
    remarks = [f"{name}: the manifest does not list it, so it is no part of the bundle" for name in unlisted]
    ran = {one.artifact.entry.file: one.artifact.evidence.checks for one in variants if one.artifact}
    remarks.append(unchecked(opened.manifest, ran))
    return VerifyResult(*about, tuple(problems), tuple(remarks), variants, found)


def _digest(text: str) -> str:
    """A SHA-256 as bundles have it. Raises InputError for anything else."""
    if not re.fullmatch("[0-9a-f]{64}", text.lower()):
        raise InputError(f"{text!r} is not a SHA-256; give 64 hexadecimal digits.", code="invalid_digest")
    return text.lower()


@dataclass(frozen=True)
class _Intact:
    """What of a bundle is as its manifest says: golden samples, and artifacts with what the proof says of them."""

    bundle: Bundle
    broken: frozenset[str]
    golden: tuple[GoldenSample, ...]
    artifacts: tuple[tuple[ArtifactEntry, ArtifactEvidence], ...]
    held: Held

    def recorded(self, evidence: ArtifactEvidence) -> tuple[Outputs, ...]:
        """An artifact's recorded outputs for the golden samples; nothing where one of its files is broken."""
        if any(stored.file in self.broken for results in evidence.float32_outputs for stored in results):
            return ()
        names = [sample.name for sample in self.bundle.manifest.golden]
        recorded = dict(zip(names, read_recorded(self.bundle, evidence), strict=False))
        return tuple(recorded[sample.name] for sample in self.golden if sample.name in recorded)


def _intact(bundle: Bundle, broken: set[str]) -> _Intact:
    """Without a whole `proof.json`, or a golden sample, no artifact can be proven."""
    manifest = bundle.manifest
    golden = tuple(sample for sample in manifest.golden if broken.isdisjoint(stored.file for stored in sample.files()))
    proof = None if manifest.proof.file in broken else bundle.evidence()
    pairs = zip(manifest.artifacts, proof.artifacts, strict=True) if proof and golden else ()
    artifacts = tuple((entry, evidence) for entry, evidence in pairs if entry.file not in broken)
    noise = proof.noise if proof else {}
    held = Held(golden_samples(bundle, golden), golden_references(bundle, golden), noise)
    return _Intact(bundle, frozenset(broken), golden, artifacts, held)


def _check_descriptions(bundle: Bundle) -> list[str]:
    """A sentence for each thing that the manifest says of an artifact and that is never so for its target.

    Apps make their tensors by it, and no run shows it: a runtime knows nothing of layouts and normalisation.
    """
    problems = []
    for entry in bundle.manifest.artifacts:
        target = find_target(entry.target)
        own = model_file(bundle, entry)
        stated = _flat(entry.file, Interface(own.inputs, own.outputs))
        file = target.variant(entry.precision).file(entry.part)
        possible = [_flat(file, target.interface(network)) for network in _networks(bundle)]
        made = next((one for one in possible if one == stated), possible[0])
        problems += [
            f"{entry.file}: the manifest says {key}={stated.get(key)}, and for {entry.target} it is {made.get(key)}"
            for key in {**made, **stated}
            if made.get(key) != stated.get(key)
        ]
    return problems


def _check_labels(intact: _Intact) -> Iterator[str]:
    """A sentence for each artifact whose class names are not the bundle's."""
    stored = intact.bundle.manifest.labels
    labels = intact.bundle.labels() if stored is not None and stored.file not in intact.broken else None
    for entry, _ in intact.artifacts if labels else ():
        contents = find_target(entry.target).contents
        try:
            held = contents(intact.bundle.path / entry.file).labels if contents else ()
        except EfficientModError as error:
            yield f"{entry.file}: {error}"
            continue
        yield from other_labels(entry.file, held, labels or ())


def _networks(bundle: Bundle) -> Iterator[Interface]:
    """What the network takes and gives, with the names in files that outputs have by default, or by themselves."""
    inputs = bundle.manifest.inputs
    taken = network_inputs(converter_inputs(inputs), tuple(one.shape for one in inputs), [one.dtype for one in inputs])
    outputs = bundle.manifest.outputs
    shapes, dtypes = tuple(output.shape for output in outputs), [output.dtype for output in outputs]
    default, own = file_names(shapes), [output.name for output in outputs]
    for names in product(*({one: None, other: None} for one, other in zip(default, own, strict=True))):
        yield Interface(taken, network_outputs(names, shapes, dtypes))


def _flat(file: str, interface: Interface) -> dict[str, Any]:
    kinds = asdict(interface)
    tensors = ((f"{kind}[{index}]", tensor) for kind in kinds for index, tensor in enumerate(kinds[kind]))
    return {"file": file, **{f"{place}.{key}": value for place, tensor in tensors for key, value in tensor.items()}}


def _prove_again(
    intact: _Intact, entry: ArtifactEntry, evidence: ArtifactEvidence, progress: ProgressReport
) -> VariantResult:
    """The artifact with the checks of this run in place of the export's; without one, no artifact."""
    began, units = time.perf_counter(), dict[Unit, float]()
    proven: ProvenArtifact | None = None
    failure: EfficientModError | None = None
    variant = find_target(entry.target).variant(entry.precision)
    progress(f"{variant.name}: proving")
    try:
        file, held = model_file(intact.bundle, entry), intact.held
        # The graph's proof needs the network's program. What the export found of it stands, if the file is unchanged.
        graph = tuple(check for check in evidence.checks if check.gate == "graph")
        unchanged = prove_unchanged(variant, file, held, intact.recorded(evidence))
        checks = prove(variant, file, held, seconds=units) + graph + unchanged
        proven = ProvenArtifact(
            entry.model_copy(update={"proofs": conclusions(variant, checks, held)}),
            evidence.model_copy(update={"checks": checks}),
        )
        failure = parity_failure(variant, checks)
    except EfficientModError as error:
        failure = error
    seconds, on_gpu = time.perf_counter() - began, units.get("gpu", 0.0)
    return VariantResult(variant.name, variant.target, variant.precision, proven, failure, seconds, on_gpu)
