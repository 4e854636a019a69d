"""What a bundle's artifacts, and PyTorch, say of pictures; or a model's file, anyone's."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image

from efficientmod_export._input_forms import in_forms
from efficientmod_export._inspect import is_bundle
from efficientmod_export._loose_file import LooseFile, open_loose
from efficientmod_export._picture_run import artifact_runner, picture_sample, variant_of
from efficientmod_export._plain import PlainRecord
from efficientmod_export._rebuild import rebuild
from efficientmod_export._reference import reference_outputs
from efficientmod_export._stages import Outputs, ProgressReport, report_nothing
from efficientmod_export.bundle import follow, picture_input_of, picture_sentence
from efficientmod_export.bundle.contract import (
    MANIFEST_NAME,
    ArtifactEntry,
    Bundle,
    Output,
    Step,
    open_bundle,
    read_bundle,
)
from efficientmod_export.foreign import quiet
from efficientmod_mobile import Network
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
    """All predictions, picture by picture; `pictures` says how they become the input, `missing` why an artifact, or
    PyTorch, gave none.
    """

    JSON_PROPERTIES = ("exit_code",)

    model: str
    pictures: str
    predictions: tuple[Prediction, ...]
    missing: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 where anything ran, else 2."""
        return 0 if self.predictions else InputError.exit_code


def predict(
    path: Path | str,
    pictures: Sequence[Path | str],
    *,
    checkpoint: str | None = None,
    checkpoint_key: str | None = None,
    model: str | None = None,
    flags: Mapping[str, Any] = MappingProxyType({}),
    like: Path | str | None = None,
    labels: Path | str | None = None,
    output: Path | str | None = None,
    verbose: bool = False,
    progress: ProgressReport = report_nothing,
) -> PredictResult:
    """Preprocess pictures as a bundle states and run its artifacts that run here, or the one whose file `path` is.

    PyTorch is run beside them where the network can be built again: `checkpoint` is the file that the bundle was made
    from, `model` names a network that the bundle does not say how to build. Pictures that a network gives are written
    to the folder `output`.

    Of a file that lies in no bundle, anyone's, the preprocessing is what the file states, what `flags` say ("mean",
    "std", "interpolation", "crop_pct", "resize_mode", and "resolution" where the file leaves it open), or that of the
    bundle `like`; the rest is ImageNet's, which the result says. `labels` is a file with a class a line.

    Raises BundleError for a damaged bundle, InputError for a file that is no model or takes no picture, and for what is
    no picture.
    """
    path, files = Path(path), [Path(picture) for picture in pictures]
    given = {name: value for name, value in flags.items() if value is not None}
    folder = None if output is None else Path(output)
    with nullcontext() if verbose else quiet():
        if _in_bundle(path):
            if given or like or labels:
                raise InputError(
                    "A bundle states its preprocessing and labels; leave the flags of the preprocessing, --like and "
                    "--labels out.",
                    code="conflicting_options",
                )
            return _of_bundle(
                path,
                files,
                partial(rebuild, checkpoint=checkpoint, checkpoint_key=checkpoint_key, model=model),
                folder,
                progress,
            )
        if checkpoint or checkpoint_key or model:
            raise InputError(
                f"{path} lies in no bundle, so that its network is not known; leave out --checkpoint and --model.",
                code="conflicting_options",
            )
        loose = open_loose(path, given, None if like is None else Path(like))
        return _of_file(loose, files, None if labels is None else Path(labels), folder, progress)


def _in_bundle(path: Path) -> bool:
    """Whether it is a bundle, or a file that one lists."""
    if is_bundle(path):
        return True
    if not (path.parent / MANIFEST_NAME).is_file():
        return False
    return any(entry.file == path.name for entry in open_bundle(path.parent).manifest.artifacts)


def _of_file(
    loose: LooseFile, files: Sequence[Path], labels: Path | None, folder: Path | None, progress: ProgressReport
) -> PredictResult:
    samples = [picture_sample(picture, loose.preprocessing) for picture in files]
    progress(f"{loose.name}: predicting")
    results = loose.run(samples)
    outputs, steps = loose.meaning(results)
    classes = next((one.shape[1] for one in outputs if one.role == "scores"), None)
    shown = _Shown(outputs, steps, loose.class_names(labels, classes), folder)
    told = [shown.told(at, loose.name, values) for at, values in zip(files, results, strict=True)]
    return PredictResult(loose.name, loose.pictures, tuple(told), ())


def _of_bundle(
    path: Path,
    files: Sequence[Path],
    rebuilt: Callable[..., Network],
    folder: Path | None,
    progress: ProgressReport,
) -> PredictResult:
    bundle, entries = _artifacts(path)
    manifest = bundle.manifest
    _, preprocessing = picture_input_of(bundle)
    samples = [picture_sample(picture, preprocessing) for picture in files]
    shown = _Shown(manifest.outputs, manifest.after_network, bundle.labels(), folder)
    predictions, missing = [], []
    for name, entry in ((variant_of(entry).name, entry) for entry in entries):
        progress(f"{name}: predicting")
        try:
            run = artifact_runner(bundle, entry)
            predictions += [shown.told(at, name, run(sample)) for at, sample in zip(files, samples, strict=True)]
        except EfficientModError as error:
            missing.append(f"{name}: {error}")
    progress(f"{PYTORCH}: predicting")
    try:
        module = in_forms(rebuilt(bundle), samples[0]).module
        references, _ = reference_outputs(module, samples)
        predictions += [shown.told(at, PYTORCH, values) for at, values in zip(files, references, strict=True)]
    except EfficientModError as error:
        missing.append(f"{PYTORCH}: {error}")
    ordered = sorted(predictions, key=lambda one: files.index(one.picture))
    return PredictResult(manifest.model.name, picture_sentence(preprocessing), tuple(ordered), tuple(missing))


def _artifacts(path: Path) -> tuple[Bundle, tuple[ArtifactEntry, ...]]:
    """The bundle, and those of its artifacts that are asked for."""
    if is_bundle(path):
        bundle = read_bundle(path)
        return bundle, bundle.manifest.artifacts
    bundle = read_bundle(path.parent)
    return bundle, tuple(entry for entry in bundle.manifest.artifacts if entry.file == path.name)


@dataclass(frozen=True)
class _Shown:
    """What is told of outputs: what they are, what is done with them, the classes' names, where pictures go."""

    outputs: Sequence[Output]
    steps: Sequence[Step]
    labels: tuple[str, ...] | None
    folder: Path | None

    def told(self, picture: Path, by: str, outputs: Outputs) -> Prediction:
        values = {declared.name: value for declared, value in zip(self.outputs, outputs, strict=True)}
        results = follow(self.steps, values)
        best: tuple[Score, ...] = ()
        meaning, written = "", []
        for name, made in results.items():
            if "top_k" in made:
                scores = made.get("softmax", values[name])[0]
                places = [int(place) for place in made["top_k"]]
                best = tuple(Score(at, self.labels[at] if self.labels else None, float(scores[at])) for at in places)
                meaning = "probability"
            if "to_picture" in made and self.folder is not None:
                written.append(self.folder / f"{picture.stem}_{by.replace(' ', '_')}_{name}.png")
                written[-1].parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(made["to_picture"]).save(written[-1])
        others = [f"{name} {tuple(value.shape)}" for name, value in values.items() if name not in results]
        return Prediction(picture, by, best, meaning, tuple(written), tuple(others))
