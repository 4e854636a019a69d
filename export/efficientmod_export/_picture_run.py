"""Pictures through the artifacts of a bundle that run here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from efficientmod_export._stages import ModelFile, Runner, Sample, SampleInput
from efficientmod_export.bundle import Preprocessing, model_file, open_picture
from efficientmod_export.bundle.contract import ArtifactEntry, Bundle
from efficientmod_export.targets import Configuration, Target, Variant, find_target, runner_of
from efficientmod_mobile.errors import InputError


def picture_sample(picture: Path, preprocessing: Preprocessing) -> Sample:
    """A picture's file as the network's only input. Raises InputError for what is no picture."""
    source = open_picture(picture)
    pixels = preprocessing.pixels(source)
    return Sample(picture.stem, "photo", (SampleInput(preprocessing.tensor(pixels), source, pixels),))


def variant_of(entry: ArtifactEntry) -> Variant:
    """An artifact's variant. Raises InputError for one that this toolkit does not know."""
    return find_target(entry.target).variant(entry.precision)


def artifact_runner(bundle: Bundle, entry: ArtifactEntry) -> Runner:
    """What runs an artifact here. Raises InputError where nothing does, and what opening it raises."""
    dtypes = [np.dtype(declared.dtype) for declared in bundle.manifest.outputs]
    return runner_here(find_target(entry.target), variant_of(entry), model_file(bundle, entry), dtypes)


def runner_here(target: Target, variant: Variant, file: ModelFile, dtypes: Sequence[np.dtype[Any]] = ()) -> Runner:
    """A file's own runtime on the first place that this machine has, else its interpreter."""
    missing = ""
    for place in variant.places:
        configuration = variant.configuration(place)
        missing = target.runtime.missing(configuration) or ""
        if not missing:
            return runner_of(target.runtime.open(file, configuration), file, dtypes)
    if target.interpreter is None:
        raise InputError(f"not run here: {missing}", code="no_runtime_here")
    # As in the proof: float16 arithmetic rounds what the program declares as float16.
    configuration = Configuration(variant.target, variant.precision, variant.places[0].unit, "float16")
    return runner_of(target.interpreter.runtime.open(file, configuration), file, dtypes)
