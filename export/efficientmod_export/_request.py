"""What an export is asked to do, checked before any work starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from torch import nn

from efficientmod_export._defaults import DEFAULT_IOS
from efficientmod_export._network_inputs import PictureInput, TensorInput
from efficientmod_export._published import is_own
from efficientmod_export._stages import Unit
from efficientmod_export.bundle import Credits
from efficientmod_export.targets import Target, Variant, all_targets, find_target, target_names
from efficientmod_mobile.errors import InputError

ALL = "all"


@dataclass(frozen=True)
class ExportRequest:
    """One export: a model and its weights, the targets, and the folder that the bundle goes to.

    `model` is a catalogue name, `timm/NAME`, `package.module:function` or a module, to be called `name`; None takes it
    from the checkpoint. `publish_names` lets the bundle say where a user's own network is and how its modules are
    called. `labels` are a file's path or the names.
    `resolution` is (H, W) in pixels, None the model's own; `inputs` are those of a network of several. Empty
    `precisions` are each target's default, empty `units` all that can be used here. `preprocessing` is what the user
    states of it, by the fields of `PreprocessingConfig`. Weights are rounded for the pictures in the folder
    `calibrate`, by default for the bundle's own; by a worker of the Dask cluster `scheduler`, by default here. Layers
    stay in float as far as a file has at most `max_size` bytes.
    """

    model: str | nn.Module | None
    checkpoint: str | None
    targets: tuple[str, ...]
    output: Path
    precisions: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    resolution: tuple[int, int] | None = None
    inputs: tuple[PictureInput | TensorInput, ...] = ()
    labels: Path | tuple[str, ...] | None = None
    calibrate: Path | None = None
    max_size: int | None = None
    ios: int = DEFAULT_IOS
    keep_failed: bool = False
    keep_onnx: bool = False
    checkpoint_key: str | None = None
    pretrained: bool = False
    name: str | None = None
    publish_names: bool = False
    credits: Credits = field(default_factory=Credits)
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    scheduler: str | None = None

    @property
    def hides_names(self) -> bool:
        """Whether the bundle keeps silent on the names in a user's own code."""
        return is_own(self.model) and not self.publish_names


@dataclass(frozen=True)
class Selection:
    """The variants that a request asks for, and a sentence for each that a target lacks."""

    variants: tuple[Variant, ...]
    lacking: tuple[str, ...]


def select_variants(request: ExportRequest) -> Selection:
    """Expand `all` and `keep_onnx`; every target in every requested precision that it supports, each once.

    Raises InputError for an unknown target or precision, and for an iOS that a target cannot be made for.
    """
    if request.resolution and request.inputs:
        raise InputError(
            "A resolution is for a network that takes one picture; write it into the input, as in "
            "--input left=picture:192x256, and leave out --resolution.",
            code="conflicting_options",
        )
    _check_precisions(request.precisions)
    check_units(request.units)
    targets = _expand((*request.targets, "onnx") if request.keep_onnx else request.targets)
    for target in targets:
        target.check_ios(request.ios)
    variants, lacking = [], []
    for target in targets:
        asked = request.precisions or (target.precisions[0],)
        variants += [variant for variant in target.variants if not variant.names.isdisjoint(asked)]
        lacking += [
            f"{target.name} has no precision {precision}, only {' and '.join(target.precisions)}."
            for precision in asked
            if all(precision not in variant.names for variant in target.variants)
        ]
    if request.calibrate is not None and not any(variant.rounding for variant in variants):
        raise InputError(
            "Pictures are for rounding weights to int8; add --precision int8, or leave out --calibrate.",
            code="conflicting_options",
        )
    if request.max_size is not None and not any(variant.rounding for variant in variants):
        raise InputError(
            "A size is for files with weights rounded to int8; add --precision int8, or leave out --max-size.",
            code="conflicting_options",
        )
    if not variants:
        raise InputError(
            f"{' '.join(lacking)} Leave out --precision for each target's default.", code="unsupported_precision"
        )
    return Selection(tuple(variants), tuple(lacking))


def precision_names() -> tuple[str, ...]:
    """What any target's precisions may be called."""
    every = (variant for target in all_targets() for variant in target.variants)
    return tuple(dict.fromkeys(name for variant in every for name in sorted(variant.names)))


def _check_precisions(precisions: tuple[str, ...]) -> None:
    known = precision_names()
    unknown = [precision for precision in precisions if precision not in known]
    if unknown:
        raise InputError(
            f"No precision is named {', '.join(unknown)}; choose from {', '.join(known)}.", code="unknown_precision"
        )


def check_units(units: tuple[str, ...]) -> None:
    """Raise InputError for an unknown unit."""
    known = get_args(Unit)
    unknown = [unit for unit in units if unit not in known]
    if unknown:
        raise InputError(f"No unit is named {', '.join(unknown)}; choose from {', '.join(known)}.", code="unknown_unit")


def _expand(names: tuple[str, ...]) -> tuple[Target, ...]:
    """The named targets, each once; `all` is every target whose `in_all` is true."""
    known = ", ".join((*target_names(), ALL))
    if not names:
        raise InputError(f"No target was named; give --target with one of {known}.", code="no_target_named")
    unknown = [name for name in names if name not in (*target_names(), ALL)]
    if unknown:
        raise InputError(f"No target is named {', '.join(unknown)}; choose from {known}.", code="unknown_target")
    named = {find_target(name) for name in names if name != ALL}
    return tuple(target for target in all_targets() if target in named or (ALL in names and target.in_all))


def read_labels(path: Path, num_classes: int | None) -> tuple[str, ...]:
    """Class names, one per line in UTF-8, as many as the network has classes. Raises InputError otherwise."""
    try:
        lines = path.read_text(encoding="utf-8-sig").rstrip("\n").split("\n")
    except OSError as error:
        raise InputError(
            f"The label file {path} cannot be read: {error.strerror}.", code="unreadable_labels"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"The label file {path} is not UTF-8 text; save it as UTF-8.", code="unreadable_labels"
        ) from error
    return check_labels(lines, num_classes, f"the label file {path}")


def check_labels(names: Sequence[str], num_classes: int | None, where: str) -> tuple[str, ...]:
    """The names without spaces around them, one a class. Raises InputError, which names `where` they stand."""
    labels = tuple(name.strip() for name in names)
    wrong = [
        number
        for number, label in enumerate(labels, 1)
        if not label or any(ord(sign) < 0x20 or ord(sign) == 0x7F for sign in label)
    ]
    if wrong:
        raise InputError(
            f"Line {wrong[0]} of {where} is empty or not plain text; give one class name a line.", code="empty_label"
        )
    if num_classes is None:
        raise InputError(
            "The network is not a classifier and has no classes to label; leave out --labels.", code="unexpected_labels"
        )
    if len(labels) != num_classes:
        raise InputError(
            f"There are {len(labels)} lines in {where}, but {num_classes} classes in the network; give one name a "
            "line, in the order of the classes.",
            code="wrong_label_count",
        )
    return labels
