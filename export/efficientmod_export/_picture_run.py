"""Pictures through the artifacts of a bundle that run here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from efficientmod_export._stages import ModelFile, Runner, Sample, SampleInput
from efficientmod_export.bundle import Preprocessing, model_file, open_picture
from efficientmod_export.bundle.contract import ArtifactEntry, Bundle
from efficientmod_export.targets import (
    Configuration,
    Runtime,
    Target,
    Variant,
    find_target,
    runner_of,
    runtime_title,
)
from efficientmod_mobile.errors import InputError


def picture_sample(picture: Path, preprocessing: Preprocessing) -> Sample:
    """A picture's file as the network's only input. Raises InputError for what is no picture."""
    source = open_picture(picture)
    pixels = preprocessing.pixels(source)
    return Sample(picture.stem, "photo", (SampleInput(preprocessing.tensor(pixels), source, pixels),))


def variant_of(entry: ArtifactEntry) -> Variant:
    """An artifact's variant. Raises InputError for one that this toolkit does not know."""
    return find_target(entry.target).variant(entry.precision)


@dataclass(frozen=True)
class Here:
    """What runs a file here. `interpreted_because` says why it is not its own runtime; None where it is."""

    runtime: Runtime
    configuration: Configuration
    interpreted_because: str | None

    @property
    def title(self) -> str:
        """The runtime with its version."""
        return runtime_title(self.runtime)


def find_here(target: Target, variant: Variant, threads: int | None = None) -> Here:
    """A file's own runtime on the first place that this machine has, else its interpreter; `threads` is None for the
    runtime's own number.

    Raises InputError where there is neither, DependencyError where the runtime could be installed.
    """
    missing = ""
    for configuration in variant.configurations(threads):
        missing = target.runtime.missing(configuration) or ""
        if not missing:
            return Here(target.runtime, configuration, None)
    if target.interpreter is None:
        raise InputError(f"not run here: {missing}", code="no_runtime_here")
    # As in the proof: float16 arithmetic rounds what the program declares as float16.
    configuration = Configuration(variant.target, variant.precision, variant.places[0].unit, "float16")
    return Here(target.interpreter.runtime, configuration, missing)


def artifact_runner(bundle: Bundle, entry: ArtifactEntry, threads: int | None = None) -> Runner:
    """What runs an artifact here. Raises what `find_here` and opening it raise."""
    dtypes = [np.dtype(declared.dtype) for declared in bundle.manifest.outputs]
    return runner_here(find_target(entry.target), variant_of(entry), model_file(bundle, entry), dtypes, threads)


def runner_here(
    target: Target,
    variant: Variant,
    file: ModelFile,
    dtypes: Sequence[np.dtype[Any]] = (),
    threads: int | None = None,
) -> Runner:
    """Runs a file where `find_here` says."""
    here = find_here(target, variant, threads)
    return runner_of(here.runtime.open(file, here.configuration), file, dtypes)
