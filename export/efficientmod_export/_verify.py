"""Prove a bundle again from its files alone: neither the network's code nor its checkpoint is needed."""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from efficientmod_export._layer_search import search_layers
from efficientmod_export._prove import Held, parity_failure, prove
from efficientmod_export._result import VariantResult, VerifyResult
from efficientmod_export._stages import Normalisation, ProgressReport, report_nothing
from efficientmod_export.bundle import (
    ArtifactEntry,
    Bundle,
    check_files,
    check_golden,
    golden_references,
    golden_samples,
    model_file,
    open_bundle,
)
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import find_target
from efficientmod_export.targets._program import pytorch_interface
from efficientmod_mobile.errors import EfficientModError, InputError


def verify_bundle(
    bundle: Path | str,
    *,
    layers: bool = False,
    checkpoint: str | None = None,
    verbose: bool = False,
    progress: ProgressReport = report_nothing,
) -> VerifyResult:
    """Check every SHA-256 and the preprocessing, and run every artifact on the golden inputs again.

    With `layers` the first layer whose output drifts is named for each artifact that runs here. That needs the
    network: `checkpoint` must be the file that the bundle was made from; seeded weights are made again without one.

    Raises BundleError when there is no readable bundle, InputError for a checkpoint without `layers`. With `layers`
    also InputError without the bundle's checkpoint or for another one, DependencyError or ConversionError where the
    network cannot be built or captured here.
    """
    if checkpoint is not None and not layers:
        raise InputError("A checkpoint is needed for the layers only; add --layers, or leave out --checkpoint.")
    opened = open_bundle(Path(bundle))
    with nullcontext() if verbose else quiet():
        progress("checking the files")
        problems = check_files(opened) + _check_descriptions(opened)
        variants: tuple[VariantResult, ...] = ()
        found: dict[str, tuple[str, ...]] = {}
        intact = _with_whole_samples(opened, problems)
        if not intact.manifest.golden:
            problems.append("no golden sample is whole, so that no artifact could be proven")
        else:
            problems += check_golden(intact)
            held = Held(golden_samples(intact), golden_references(intact))
            variants = tuple(
                _prove_again(opened, entry, held, progress)
                for entry in opened.manifest.artifacts
                if opened.holds(entry)
            )
            if layers:
                progress("rebuilding the network")
                failed = {result.name for result in variants if result.failure}
                found = search_layers(opened, checkpoint, held.samples, failed, progress)
    model = opened.manifest.model
    return VerifyResult(opened.path, model.name, model.weights.statement, tuple(problems), variants, found)


def _with_whole_samples(bundle: Bundle, problems: Sequence[str]) -> Bundle:
    """The bundle without the golden samples that have a file among the problems, each of which begins with its file."""
    broken = {problem.partition(" ")[0] for problem in problems}
    whole = tuple(
        entry for entry in bundle.manifest.golden if broken.isdisjoint(stored.file for stored in entry.files())
    )
    return Bundle(bundle.path, bundle.manifest.model_copy(update={"golden": whole}))


def _check_descriptions(bundle: Bundle) -> list[str]:
    """A sentence for each thing that the manifest says of an artifact and that is never so for its target.

    Apps make their tensors by it, and no run shows it: a runtime knows nothing of layouts and normalisation.
    """
    manifest, preprocessing = bundle.manifest, bundle.manifest.preprocessing
    network = pytorch_interface(
        (1, 3, preprocessing.crop.height, preprocessing.crop.width),
        Normalisation(preprocessing.mean, preprocessing.std),
        tuple(output.shape for output in manifest.golden[0].outputs),
    )
    problems = []
    for entry in manifest.artifacts:
        target = find_target(entry.target)
        stated = _flat(entry.file, entry.model_dump(include={"inputs", "outputs"}))
        made = _flat(target.variant(entry.precision).file(), asdict(target.interface(network)))
        problems += [
            f"{entry.file}: the manifest says {key}={stated.get(key)}, and for {entry.target} it is {made.get(key)}"
            for key in {**made, **stated}
            if made.get(key) != stated.get(key)
        ]
    return problems


def _flat(file: str, interface: dict[str, Any]) -> dict[str, Any]:
    tensors = ((f"{kind}[{index}]", tensor) for kind in interface for index, tensor in enumerate(interface[kind]))
    return {"file": file, **{f"{place}.{key}": value for place, tensor in tensors for key, value in tensor.items()}}


def _prove_again(bundle: Bundle, entry: ArtifactEntry, held: Held, progress: ProgressReport) -> VariantResult:
    """The entry with the checks of this run in place of the export's; without one, no entry."""
    began = time.perf_counter()
    proven: ArtifactEntry | None = None
    failure: EfficientModError | None = None
    variant = find_target(entry.target).variant(entry.precision)
    progress(f"{variant.name}: proving")
    try:
        # The graph's proof needs the network's program; what the export found of it stands.
        graph = tuple(check for check in entry.checks if check.gate == "graph")
        checks = prove(variant, model_file(bundle, entry), held) + graph
        proven = entry.model_copy(update={"checks": checks})
        failure = parity_failure(variant, checks)
    except EfficientModError as error:
        failure = error
    return VariantResult(variant.name, variant.target, variant.precision, proven, failure, time.perf_counter() - began)
