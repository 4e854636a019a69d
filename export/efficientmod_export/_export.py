"""An export from Python."""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

from efficientmod_export._arguments import Names, Resolution, labels_given, names_of, parse_size, side_lengths
from efficientmod_export._defaults import DEFAULT_IOS
from efficientmod_export._network_inputs import PictureInput, TensorInput, parse_input
from efficientmod_export._pipeline import run_export
from efficientmod_export._published import is_own
from efficientmod_export._request import ExportRequest
from efficientmod_export._result import ExportResult
from efficientmod_export._stages import ProgressReport, report_nothing
from efficientmod_export.bundle import Credits
from efficientmod_mobile import Interpolation, ResizeMode
from efficientmod_mobile.errors import InputError


def export(
    model: str | nn.Module | None = None,
    example_input: Tensor | None = None,
    *,
    checkpoint: Path | str | None = None,
    checkpoint_key: str | None = None,
    pretrained: bool = False,
    name: str | None = None,
    publish_names: bool = False,
    targets: Names = "all",
    output: Path | str = "out",
    precisions: Names = (),
    units: Names = (),
    resolution: Resolution | None = None,
    inputs: Iterable[str | PictureInput | TensorInput] = (),
    mean: tuple[float, float, float] | None = None,
    std: tuple[float, float, float] | None = None,
    interpolation: Interpolation | None = None,
    crop_pct: float | None = None,
    resize_mode: ResizeMode | None = None,
    labels: Path | str | Iterable[str] | None = None,
    calibrate: Path | str | None = None,
    max_size: int | str | None = None,
    author: str | None = None,
    license: str | None = None,  # noqa: A002 - that is what everybody calls it
    description: str | None = None,
    ios: int = DEFAULT_IOS,
    keep_failed: bool = False,
    keep_onnx: bool = False,
    scheduler: str | None = None,
    verbose: bool = False,
    progress: ProgressReport = report_nothing,
) -> ExportResult:
    """Convert a network, prove each artifact against PyTorch, and write a bundle to the folder `output`.

    `model` is a module, which is copied and stays as it is, to be called `name` (by default its class's); or a name:
    `efficientmod_s`, `timm/NAME`, `hf-hub:owner/name` or `package.module:function`, which the bundle calls `name`, or
    as the function. Where that is, and how the parts of an own network are called, the bundle says only with
    `publish_names`. Named ones take a `checkpoint`, a file or `hf-hub:owner/name`, with the state dict under
    `checkpoint_key`, such as `model.ema` (None finds it); from a checkpoint alone the EfficientMod is told.
    `pretrained` downloads the trained weights of timm or the Hub.

    `targets` is a name or several of targets, or `"all"`: those of phones. Each is made in each of `precisions` that it
    supports, by default its own default, and proven on each of `units`, by default on all that can be used here. Int8
    weights are rounded for the pictures in the folder `calibrate`, by default for those of the bundle; here, or by a
    worker of the Dask cluster with the address `scheduler`, which must see the same files and import the same modules.
    The layers that rounding costs most stay in float as far as their file has at most `max_size` bytes, or "15MB".

    Pictures are RGB, of `resolution` (224, "256x192" or (256, 192) as height and width), or of the size of
    `example_input` (1, 3, H, W), by default of the network's own. They are resized to that divided by `crop_pct`, in
    `resize_mode`, and their centre is cropped; `mean` and `std` are of values in [0, 1]. What is None is the
    checkpoint's, the network's or the task's. `labels` are the names of the classes, or a file with one a line.

    A network of several inputs needs `inputs` in place of these: a `PictureInput` or `TensorInput` for each, or texts
    such as "left=picture:192x256", "state=tensor:1x16", "tokens=tokens.npy".

    `author`, `license` and `description` stand in the bundle's README.md and in Core ML's metadata.

    `progress` is called with the name of each stage as it begins; `verbose` lets the converters' output through.

    One artifact's failure does not stop the others: it is in the result, whose `raise_for_failure` raises it. An
    artifact that passed on any unit is written; one that failed on all of them is named in the manifest, and written
    only with `keep_failed`. No bundle is written where nothing passed, and an earlier bundle is kept where the new one
    would lack an artifact.

    Raises InputError, DependencyError or ConversionError for failures that concern all artifacts.
    """
    _check_model(model, checkpoint, checkpoint_key, pretrained, name)
    sides = side_lengths(resolution, example_input)
    request = ExportRequest(
        model=model,
        name=name,
        publish_names=publish_names,
        checkpoint=None if checkpoint is None else str(checkpoint),
        checkpoint_key=checkpoint_key,
        pretrained=pretrained,
        targets=names_of(targets, "targets"),
        output=Path(output),
        precisions=names_of(precisions, "precisions"),
        units=names_of(units, "units"),
        resolution=sides,
        inputs=tuple(parse_input(one) if isinstance(one, str) else one for one in inputs),
        preprocessing={
            "resolution": sides,
            "mean": mean,
            "std": std,
            "interpolation": interpolation,
            "crop_pct": crop_pct,
            "resize_mode": resize_mode,
        },
        labels=labels_given(labels),
        calibrate=None if calibrate is None else Path(calibrate),
        max_size=parse_size(max_size) if isinstance(max_size, str) else max_size,
        credits=Credits(author, license, description),
        ios=ios,
        keep_failed=keep_failed,
        keep_onnx=keep_onnx,
        scheduler=scheduler,
    )
    with torch.random.fork_rng(devices=[]):  # a training that exports goes on as without
        return run_export(request, verbose=verbose, progress=progress)


def _check_model(
    model: object, checkpoint: object, checkpoint_key: str | None, pretrained: bool, name: str | None
) -> None:
    if model is not None and not isinstance(model, str | nn.Module):
        raise InputError(
            f"The model is {type(model).__name__}; give a torch.nn.Module or a name such as efficientmod_s.",
            code="invalid_argument",
        )
    if isinstance(model, nn.Module):
        if checkpoint is not None or checkpoint_key is not None or pretrained:
            raise InputError(
                "A module has its weights; leave out the checkpoint and pretrained, or load them into it.",
                code="conflicting_options",
            )
    elif name is not None and not is_own(model):
        raise InputError("A name is for a network of your own; this model has its own.", code="conflicting_options")
    if name is not None and (not name.strip() or not name.isprintable()):
        raise InputError(f"The name {name!r} cannot be shown; give one line of text.", code="invalid_argument")
