"""The pictures on which weights are rounded, and the program with rounded weights that a file is held against."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from efficientmod_export._picture_files import list_pictures
from efficientmod_export._prove import Held
from efficientmod_export._subject import Subject
from efficientmod_export.bundle.contract import Calibration, RoundedLayer, Rounding
from efficientmod_export.parity import torch_inputs
from efficientmod_export.quantisation import (
    Form,
    Grid,
    Rounded,
    grids_in,
    in_float,
    round_weights,
    with_static_activations,
)
from efficientmod_mobile.deploy import Program, run
from efficientmod_mobile.errors import InputError

MOST_PICTURES = 32
"""More change the rounding little, and take memory and time."""

MOST_NAMES = 5
"""Of pictures that cannot be decoded, in the statement."""


@dataclass(frozen=True)
class CalibrationInputs:
    """The network's inputs on which weights are rounded, and which pictures they are."""

    inputs: tuple[tuple[Tensor, ...], ...]
    told: Calibration


@dataclass(frozen=True)
class RoundedSubject:
    """A program with rounded weights and its layers, its outputs for the parity samples, and the pictures.

    With activations on grids, these are `grids`, and the outputs those of the program without them.
    """

    result: Rounded
    held: Held
    calibration: Calibration

    @property
    def grids(self) -> frozenset[Grid]:
        """Of the program's activations."""
        return grids_in(self.program)

    @classmethod
    def of(cls, result: Rounded, held: Held, calibration: Calibration) -> "RoundedSubject":
        """With the outputs of the rounded program in the place of the reference's."""
        references = tuple(
            tuple(output.numpy() for output in run(result.program, *torch_inputs(sample))) for sample in held.samples
        )
        return cls(result, replace(held, references=references), calibration)

    @property
    def program(self) -> Program:
        """What a file is converted from."""
        return self.result.program

    def evidence(self, stored_as_int8: int) -> Rounding:
        """How an artifact's weights were rounded, `stored_as_int8` of which it holds as int8."""
        layers = tuple(RoundedLayer.model_validate(layer, from_attributes=True) for layer in self.result.layers)
        return Rounding(pictures=self.calibration.statement, stored_as_int8=stored_as_int8, layers=layers)


def calibration_of(subject: Subject, folder: Path | None) -> CalibrationInputs:
    """At most MOST_PICTURES of the pictures in a folder (at any depth) or a tar, spread evenly over their sorted paths,
    and others in the place of those that cannot be decoded; the parity samples where there is none.

    Raises InputError for a folder without a picture that can be decoded, naming those that cannot.
    """
    if folder is None:
        samples = subject.held.samples
        tensors = tuple(torch_inputs(sample) for sample in samples)
        told = Calibration(
            statement=f"the bundle's own {len(samples)} samples", pictures=tuple(sample.name for sample in samples)
        )
        return CalibrationInputs(tensors, told)
    preprocessing = subject.preprocessing
    if preprocessing is None or len(subject.inputs) != 1:
        raise InputError(
            "--calibrate is for a network that takes one picture; leave it out, for the bundle's own samples.",
            code="conflicting_options",
        )
    try:
        found = list_pictures(folder)
    except InputError as error:
        raise InputError(f"{folder} is of no use for --calibrate: {error}", code="no_calibration_pictures") from error
    count = min(len(found), MOST_PICTURES)
    chosen = [len(found) * place // count for place in range(count)]
    others = sorted(set(range(len(found))) - set(chosen))
    images: list[tuple[Tensor, ...]] = []
    names, unreadable = list[str](), list[str]()
    for picture in (found[place] for place in (*chosen, *others)):
        if len(images) == count:
            break
        try:
            pixels = preprocessing.pixels(picture.decode())
        except InputError:
            unreadable.append(picture.name)
        else:
            images.append((torch.from_numpy(preprocessing.tensor(pixels)),))
            names.append(picture.name)
    if not images:
        raise InputError(
            f"{folder} is of no use for --calibrate: none of its {len(found)} pictures can be decoded. Give a folder "
            "with JPEG, PNG or WebP files, or leave the option out.",
            code="no_calibration_pictures",
        )
    named = [*unreadable[:MOST_NAMES], *([f"{more} more"] if (more := len(unreadable) - MOST_NAMES) > 0 else [])]
    skipped = f", without {', '.join(named)}, which cannot be decoded" if unreadable else ""
    statement = f"{len(images)} of {len(found)} pictures of the folder given{skipped}"
    return CalibrationInputs(tuple(images), Calibration(statement=statement, pictures=tuple(names)))


def rounded(program: Program, calibration: CalibrationInputs, held: Held, colours: int | None = None) -> RoundedSubject:
    """Round the program's weights, to a palette of `colours` levels where that is given, and compute what a file with
    these weights is held against.
    """
    return RoundedSubject.of(round_weights(program, calibration.inputs, colours), held, calibration.told)


def shaped(
    form: Form,
    exact: Program,
    rounding: RoundedSubject,
    calibration: CalibrationInputs,
    kept: Collection[str],
) -> RoundedSubject:
    """The same with these layers in float, and where the form has them, with activations on grids."""
    if kept:
        result = in_float(exact, rounding.result, kept)
        rounding = RoundedSubject.of(result, rounding.held, calibration.told)
    if form.inputs != "static":
        return rounding
    made = with_static_activations(rounding.program, calibration.inputs, results=form.results)
    judged = RoundedSubject.of(replace(rounding.result, program=made.stored), rounding.held, calibration.told)
    return replace(judged, result=replace(judged.result, program=made.program))
