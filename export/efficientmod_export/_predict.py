"""What a bundle's artifacts, and PyTorch, say of pictures."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from efficientmod_export._picture_input import for_pictures
from efficientmod_export._plain import PlainRecord
from efficientmod_export._rebuild import rebuild
from efficientmod_export._reference import reference_outputs
from efficientmod_export._stages import Outputs, ProgressReport, Runner, Sample, SampleInput, report_nothing
from efficientmod_export.bundle import follow, model_file, open_picture, picture_input_of
from efficientmod_export.bundle.contract import MANIFEST_NAME, ArtifactEntry, Bundle, open_bundle, read_bundle
from efficientmod_export.foreign import quiet
from efficientmod_export.targets import Configuration, find_target, runner_of
from efficientmod_mobile.errors import EfficientModError, InputError

PYTORCH = "PyTorch"


@dataclass(frozen=True)
class Score(PlainRecord):
    """A class, its name if the bundle has names, and its score: a probability, or what `meaning` says."""

    index: int
    label: str | None
    value: float


@dataclass(frozen=True)
class Prediction(PlainRecord):
    """What one artifact, or PyTorch, says of one picture: the best classes first, the files of pictures that it makes,
    and the shapes of other outputs.
    """

    picture: Path
    by: str
    best: tuple[Score, ...]
    meaning: str
    written: tuple[Path, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class PredictResult(PlainRecord):
    """All predictions, picture by picture; `missing` says why an artifact, or PyTorch, gave none."""

    model: str
    predictions: tuple[Prediction, ...]
    missing: tuple[str, ...]


def predict(
    path: Path | str,
    pictures: Sequence[Path | str],
    *,
    checkpoint: str | None = None,
    checkpoint_key: str | None = None,
    output: Path | str | None = None,
    verbose: bool = False,
    progress: ProgressReport = report_nothing,
) -> PredictResult:
    """Preprocess pictures as a bundle states and run its artifacts that run here, or the one whose file `path` is.

    PyTorch is run beside them where the network can be built again: `checkpoint` is the file that the bundle was made
    from. Pictures that a network gives are written to the folder `output`. Raises BundleError for a damaged bundle,
    InputError for a file that lies in none and for what is no picture.
    """
    bundle, entries = _bundle_of(Path(path))
    _, preprocessing = picture_input_of(bundle)
    samples = []
    for picture in map(Path, pictures):
        source = open_picture(picture)
        pixels = preprocessing.pixels(source)
        given = SampleInput(preprocessing.tensor(pixels), source, pixels)
        samples.append((picture, Sample(picture.stem, "photo", (given,))))
    predictions, missing = [], []
    with nullcontext() if verbose else quiet():
        for name, entry in ((_name(entry), entry) for entry in entries):
            progress(f"{name}: predicting")
            try:
                run = _runner(bundle, entry)
                predictions += [_told(bundle, at, name, run(sample), output) for at, sample in samples]
            except EfficientModError as error:
                missing.append(f"{name}: {error}")
        progress(f"{PYTORCH}: predicting")
        try:
            module = for_pictures(rebuild(bundle, checkpoint, checkpoint_key), samples[0][1]).module
            references, _ = reference_outputs(module, [sample for _, sample in samples])
            told = zip(samples, references, strict=True)
            predictions += [_told(bundle, at, PYTORCH, outputs, output) for (at, _), outputs in told]
        except EfficientModError as error:
            missing.append(f"{PYTORCH}: {error}")
    ordered = sorted(predictions, key=lambda one: [at for at, _ in samples].index(one.picture))
    return PredictResult(bundle.manifest.model.name, tuple(ordered), tuple(missing))


def _bundle_of(path: Path) -> tuple[Bundle, tuple[ArtifactEntry, ...]]:
    """The bundle, and those of its artifacts that are asked for."""
    if path.is_dir() and path.suffix != ".mlpackage":
        bundle = read_bundle(path)
        return bundle, bundle.manifest.artifacts
    if not (path.parent / MANIFEST_NAME).is_file():
        raise InputError(
            f"{path} lies in no bundle, so that its preprocessing is not known; name a bundle, or a file in one.",
            code="no_bundle_around_file",
        )
    manifest = open_bundle(path.parent).manifest
    entries = tuple(entry for entry in manifest.artifacts if entry.file == path.name)
    if not entries:
        raise InputError(f"The bundle {path.parent} has no artifact {path.name}.", code="no_such_artifact")
    return read_bundle(path.parent), entries


def _name(entry: ArtifactEntry) -> str:
    return find_target(entry.target).variant(entry.precision).name


def _runner(bundle: Bundle, entry: ArtifactEntry) -> Runner:
    """Its own runtime on the first place that this machine has, else its interpreter."""
    target = find_target(entry.target)
    variant, file = target.variant(entry.precision), model_file(bundle, entry)
    dtypes = [np.dtype(declared.dtype) for declared in bundle.manifest.outputs]
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


def _told(bundle: Bundle, picture: Path, by: str, outputs: Outputs, folder: Path | str | None) -> Prediction:
    manifest = bundle.manifest
    values = {declared.name: value for declared, value in zip(manifest.outputs, outputs, strict=True)}
    results = follow(manifest.after_network, values)
    best: tuple[Score, ...] = ()
    meaning, written = "", []
    for name, made in results.items():
        if "top_k" in made:
            scores = made.get("softmax", values[name])[0]
            labels = bundle.labels()
            places = [int(place) for place in made["top_k"]]
            best = tuple(Score(place, labels[place] if labels else None, float(scores[place])) for place in places)
            meaning = "probability"
        if "to_picture" in made and folder is not None:
            written.append(Path(folder) / f"{picture.stem}_{by.replace(' ', '_')}_{name}.png")
            written[-1].parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(made["to_picture"]).save(written[-1])
    others = [f"{name} {tuple(value.shape)}" for name, value in values.items() if name not in results]
    return Prediction(picture, by, best, meaning, tuple(written), tuple(others))
