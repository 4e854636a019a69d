"""A model's file that lies in no bundle, anyone's, as a network that takes one picture: for `predict`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from efficientmod_export._inspect import inspect_file
from efficientmod_export._network_inputs import parse_resolution
from efficientmod_export._picture_run import runner_here
from efficientmod_export._preprocessing_told import preprocessing_told
from efficientmod_export._request import read_labels
from efficientmod_export._stages import (
    ArtifactDtype,
    InputSpec,
    Layout,
    ModelFile,
    Normalisation,
    Outputs,
    Sample,
    TensorSpec,
)
from efficientmod_export.bundle import Preprocessing, picture_input_of
from efficientmod_export.bundle.contract import Input, Output, Step, open_bundle
from efficientmod_export.foreign import loading
from efficientmod_export.targets import FileContents, HeldTensor, Target, all_targets
from efficientmod_export.tasks import NetworkFacts, all_tasks, recognise
from efficientmod_mobile import IMAGENET, with_flags
from efficientmod_mobile.errors import InputError

FLOATS = ("float32", "float16")


@dataclass(frozen=True)
class LooseFile:
    """`preprocessing` is that of its picture, `pictures` the same in a sentence, with where it is stated."""

    target: Target
    file: ModelFile
    contents: FileContents
    preprocessing: Preprocessing
    pictures: str

    @property
    def name(self) -> str:
        """The file's, for people."""
        return self.file.path.name

    def run(self, samples: Sequence[Sample]) -> list[Outputs]:
        """The outputs for each sample, of integers that stand for real numbers these numbers.

        Raises ConversionError where it does not load or run, InputError where nothing here runs it.
        """
        with loading(self.file.path):
            run = runner_here(self.target, self.target.variants[0], self.file)
            return [tuple(map(_real, _tensors(self.contents.graphs[0].outputs), run(sample))) for sample in samples]

    def meaning(self, outputs: Sequence[Outputs]) -> tuple[tuple[Output, ...], tuple[Step, ...]]:
        """What its outputs are taken for, and what an app would do with them: as in an export, by shapes and values."""
        _, classes = next((value.shape for value in outputs[0] if _is_scores(value)), (1, None))
        facts = NetworkFacts(classes, ((1, 3, *_sides(self.preprocessing)),), tuple(outputs))
        task = all_tasks()[recognise(facts)]
        given = task.outputs(facts)
        return given, tuple(task.after_network(given, (Input.picture("image", self.preprocessing),)))

    def class_names(self, labels: Path | None, classes: int | None) -> tuple[str, ...] | None:
        """Those of the file `labels`, or those in the model's file. Raises InputError where they do not fit."""
        if labels is not None:
            return read_labels(labels, classes)
        return self.contents.labels if len(self.contents.labels) == classes else None


def open_loose(path: Path, flags: Mapping[str, Any], like: Path | None) -> LooseFile:
    """Read a file whose only input is one RGB picture; `flags` are what a user says of the preprocessing, by the names
    of `with_flags`, `like` is a bundle that has it.

    Raises InputError for a file of another kind, or one that takes something else, and for values that do not fit it.
    """
    contents = inspect_file(path)
    given = _only_picture(contents)
    layout, sides = _sides_of(contents, given, flags.get("resolution"))
    preprocessing, pictures = _preprocessing(contents, given, sides, flags, like)
    stated = Normalisation(preprocessing.mean, preprocessing.std) if given.dtype in FLOATS else None
    shape = (1, 3, *sides) if layout == "NCHW" else (1, *sides, 3)
    taken = InputSpec(given.name, shape, cast(ArtifactDtype, given.dtype), layout, stated)
    return LooseFile(
        _target_of(contents),
        ModelFile(path, (taken,), tuple(_outputs(contents, layout))),
        contents,
        preprocessing,
        pictures,
    )


def _target_of(contents: FileContents) -> Target:
    """That of the file's only delegate, else the first whose format it is."""
    called = {one.name for one in contents.delegates}
    own = [one for one in all_targets() if one.delegate and {one.delegate[0]} == called]
    return next(iter(own or [one for one in all_targets() if one.contents and one.makes(contents.path)]))


def _only_picture(contents: FileContents) -> HeldTensor:
    inputs = contents.graphs[0].inputs if contents.graphs else ()
    if len(inputs) != 1 or inputs[0].dtype not in (*FLOATS, "uint8"):
        taken = ", ".join(f"{one.name} ({one.dtype})" for one in inputs) or "nothing"
        raise InputError(
            f"{contents.path.name} takes {taken}; predict is for files that take one picture as float32, float16 or "
            "uint8.",
            code="unsupported_file_input",
        )
    return inputs[0]


def _sides_of(contents: FileContents, given: HeldTensor, resolution: str | None) -> tuple[Layout, tuple[int, int]]:
    """Where its channels are, and height and width, those of `resolution` where the file leaves them open."""
    shape = given.shape or ()
    layout: Layout = "NCHW" if len(shape) == 4 and shape[1] == 3 else "NHWC"
    if len(shape) != 4 or 3 not in (shape[1], shape[3]) or shape[0] not in (1, None):
        raise InputError(
            f"{given.name} of {contents.path.name} has the shape {_shape(given)}; predict is for one RGB picture, "
            "(1, 3, H, W) or (1, H, W, 3).",
            code="unsupported_file_input",
        )
    stated = shape[2:] if layout == "NCHW" else shape[1:3]
    asked = parse_resolution(resolution) if resolution else None
    if asked is None and None in stated:
        raise InputError(
            f"{contents.path.name} leaves the size of its picture open ({_shape(given)}); say it with --resolution.",
            code="open_file_size",
        )
    height, width = (one or other for one, other in zip(stated, asked or (0, 0), strict=True))
    if asked not in (None, (height, width)):
        raise InputError(
            f"{contents.path.name} takes pictures of {height}x{width}; leave out --resolution.",
            code="wrong_input_shape",
        )
    return layout, (height, width)


def _shape(given: HeldTensor) -> str:
    return "x".join("?" if length is None else str(length) for length in given.shape or ())


def _preprocessing(
    contents: FileContents, given: HeldTensor, sides: tuple[int, int], flags: Mapping[str, Any], like: Path | None
) -> tuple[Preprocessing, str]:
    if like is not None:
        return _of_bundle(contents, sides, flags, like)
    config = IMAGENET.stated({"input_size": sides}, "the file")
    if contents.normalisation is not None and given.dtype in FLOATS:
        own = contents.normalisation
        config = config.stated({"mean": own.mean, "std": own.std}, "the file's metadata")
    config = with_flags(config, {name: value for name, value in flags.items() if name != "resolution"})
    preprocessing = Preprocessing.from_config(config, sides)
    told = preprocessing_told(preprocessing, config.origins)
    if given.dtype not in FLOATS:
        told += "; it takes the pixels themselves, without mean and std"
    elif not {"mean", "std"} <= config.origins.keys():
        told += "; nothing in the file states mean and std, and if these are not its own the answers are wrong"
    return preprocessing, told


def _of_bundle(
    contents: FileContents, sides: tuple[int, int], flags: Mapping[str, Any], like: Path
) -> tuple[Preprocessing, str]:
    if any(value is not None for value in flags.values()):
        raise InputError(
            "--like takes the preprocessing of a bundle; leave out the other flags.", code="conflicting_options"
        )
    _, preprocessing = picture_input_of(open_bundle(like))
    if _sides(preprocessing) != sides:
        raise InputError(
            f"{contents.path.name} takes pictures of {sides[0]}x{sides[1]}, and {like} makes others; leave out --like.",
            code="wrong_input_shape",
        )
    if contents.normalisation is not None:
        own = contents.normalisation
        preprocessing = preprocessing.model_copy(update={"mean": own.mean, "std": own.std})
    names = ("input_size", "resize_mode", "interpolation", "crop_pct", "mean", "std")
    return preprocessing, preprocessing_told(preprocessing, dict.fromkeys(names, f"the bundle {like}"))


def _sides(preprocessing: Preprocessing) -> tuple[int, int]:
    return preprocessing.crop.height, preprocessing.crop.width


def _tensors(outputs: Sequence[HeldTensor]) -> list[HeldTensor]:
    """A classifier of Core ML gives its probabilities in a dictionary, and beside it what it is made of."""
    named = [one for one in outputs if one.dtype == "dictionary"]
    return named[:1] or [one for one in outputs if one.shape is not None]


def _outputs(contents: FileContents, layout: Layout) -> Iterator[TensorSpec]:
    """What the runtime gives; a network whose input has its channels last gives its maps so."""
    for one in _tensors(contents.graphs[0].outputs):
        shape = tuple(length or 1 for length in one.shape or ())
        dtype = cast(ArtifactDtype, one.dtype if one.dtype in get_args(ArtifactDtype) else "float32")
        yield TensorSpec(one.name, shape, dtype, layout if len(shape) == 4 else "any")


def _real(held: HeldTensor, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if held.quantisation is not None:
        scale, zero = held.quantisation
        return ((value.astype(np.float64) - zero) * scale).astype(np.float32)
    return value.astype(np.float32) if value.dtype.kind == "f" else value


def _is_scores(value: np.ndarray[Any, Any]) -> bool:
    return value.ndim == 2 and value.shape[0] == 1 and value.shape[1] > 1 and value.dtype == np.float32
