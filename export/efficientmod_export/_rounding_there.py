"""Weights rounded by a worker of a Dask cluster, where this machine is too small for what the layers read.

A program cannot be sent. The worker makes it again from the request, as it was made here, and sends back the rounded
weights of each layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from efficientmod_export._asked import asked_subject
from efficientmod_export._calibration import CalibrationInputs, RoundedSubject, calibration_of, rounded
from efficientmod_export._prove import Held
from efficientmod_export._request import ExportRequest
from efficientmod_export._workers import workers
from efficientmod_export.quantisation import LayerWeights, Rounded, RoundedLayer, layer_weights, with_weights
from efficientmod_export.targets import Variant, all_targets, find_target
from efficientmod_mobile.deploy import Original, Program, Recipe, deploy
from efficientmod_mobile.errors import InputError


@dataclass(frozen=True)
class _Task:
    """A request, the variant of it whose recipe makes the program, and the levels of a palette."""

    request: ExportRequest
    target: str
    precision: str
    colours: int | None


def rounded_there(
    request: ExportRequest,
    recipe: Recipe,
    program: Program,
    calibration: CalibrationInputs,
    held: Held,
    colours: int | None = None,
) -> RoundedSubject:
    """As `rounded`, of the program that the recipe made, by a worker of the request's scheduler.

    Raises InputError for a cluster that cannot be used, or makes another program; ConversionError where one worker
    after the other dies; and what the worker raises.
    """
    variants = (variant for target in all_targets() for variant in target.variants)
    made = next(variant for variant in variants if variant.rounding is not None and variant.recipe == recipe)
    task = _Task(_absolute(request), made.target, made.precision, colours)
    with workers(request.scheduler, 1, _files(task.request)) as crew:
        ((weights, layers),) = crew.results(_round, [task])
    try:
        changed = with_weights(program, weights)
    except ValueError as error:
        raise InputError(
            f"A worker of {request.scheduler} makes another program of this network ({error}); install the same "
            "versions everywhere.",
            code="unusable_cluster",
        ) from error
    return RoundedSubject.of(Rounded(changed, layers), held, calibration.told)


def check_scheduler(request: ExportRequest, variants: Sequence[Variant]) -> None:
    """Raise InputError where there is nothing for a cluster to do, or it cannot make the network."""
    if request.scheduler is None:
        return
    if not any(variant.rounding for variant in variants):
        raise InputError(
            "--scheduler is for rounding weights to int8; add --precision int8, or leave it out.",
            code="conflicting_options",
        )
    if isinstance(request.model, nn.Module):
        raise InputError(
            "A module that a program holds is not on the cluster; export it by the name of a function, "
            "package.module:function.",
            code="conflicting_options",
        )


def _absolute(request: ExportRequest) -> ExportRequest:
    """With the paths that every worker has, whatever its current folder."""
    checkpoint = request.checkpoint
    if checkpoint is not None and Path(checkpoint).exists():
        checkpoint = str(Path(checkpoint).resolve())
    folder = request.calibrate and request.calibrate.resolve()
    return replace(request, checkpoint=checkpoint, calibrate=folder, labels=None)


def _files(request: ExportRequest) -> list[Path]:
    checkpoint = [Path(request.checkpoint)] if request.checkpoint and Path(request.checkpoint).exists() else []
    return [*checkpoint, *([request.calibrate] if request.calibrate else [])]


def _round(task: _Task) -> tuple[LayerWeights, tuple[RoundedLayer, ...]]:
    """On a worker."""
    subject = asked_subject(task.request)
    program = subject.capture()
    recipe = find_target(task.target).variant(task.precision).recipe
    deployed = deploy(program, recipe, Original.of(program))
    result = rounded(deployed.program, calibration_of(subject, task.request.calibrate), subject.held, task.colours)
    return layer_weights(result.program), result.result.layers
