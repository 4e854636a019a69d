"""`efficientmod export`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from efficientmod_export._defaults import DEFAULT_IOS
from efficientmod_export._target_names import target_names
from efficientmod_export.cli import _results
from efficientmod_export.cli._app import (
    CheckpointKey,
    Json,
    Quiet,
    Verb,
    Verbose,
    Version,
    app,
    errors_end_the_program,
    export_app,
    show,
)
from efficientmod_export.cli._picture_flags import CropPct, Interpolation, Mean, ResizeMode, Resolution, Std
from efficientmod_export.cli._terminal import progress

TARGETS = (*target_names(), "all")


def _models() -> list[str]:
    """What completion offers for `--model`."""
    from efficientmod_mobile import catalogue

    return [entry.name for entry in catalogue()]


def _precisions() -> list[str]:
    """What completion offers for `--precision`."""
    from efficientmod_export._request import precision_names

    return list(precision_names())


@app.command(cls=Verb, short_help="Make, prove and write a bundle.")
@export_app.command(cls=Verb)
def export(
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            "-t",
            metavar="TARGET",
            help=f"{', '.join(TARGETS)}; by default all, may be repeated.",
            autocompletion=lambda: TARGETS,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="efficientmod_s, timm/repvit_m1_0, hf-hub:owner/name, my_package.my_module:build, ...",
            autocompletion=_models,
        ),
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint", "-c", metavar="FILE", help="A .pth, .pt or .safetensors file, or hf-hub:owner/name."
        ),
    ] = None,
    checkpoint_key: CheckpointKey = None,
    pretrained: Annotated[
        bool, typer.Option("--pretrained", help="Download the trained weights of a model of timm or the Hub.")
    ] = False,
    precision: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PRECISION",
            autocompletion=_precisions,
            help="fp32, fp16, int8, ...: of every target that has it, by default each target's own; may be repeated.",
        ),
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="UNIT",
            autocompletion=lambda: ("cpu", "gpu", "neural_engine"),
            help="cpu, gpu or neural_engine: what to prove on, by default all that can be used here; may be repeated.",
        ),
    ] = None,
    resolution: Resolution = None,
    mean: Mean = None,
    std: Std = None,
    interpolation: Interpolation = None,
    crop_pct: CropPct = None,
    resize_mode: ResizeMode = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME=KIND",
            help="For a network of several, one for each: NAME=picture:256x192, NAME=pixels:256x192 for uint8, "
            "NAME=tensor:1x16, NAME=FILE.npy.",
        ),
    ] = None,
    labels: Annotated[Path | None, typer.Option(metavar="FILE", help="A text file with one class name a line.")] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Pictures, or a .tar, for which weights are rounded, by default the bundle's; 32 at most are used.",
        ),
    ] = None,
    max_size: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Of an int8 file, such as 15MB: the layers that rounding costs most stay in float as far as it goes.",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="The bundle's folder; a bundle in it is replaced.")
    ] = Path("out"),
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the bundle calls a network of your own.")
    ] = None,
    publish_names: Annotated[
        bool,
        typer.Option(
            "--publish-names",
            help="Let the bundle say in which module a network of your own is, and how its parts are called.",
        ),
    ] = False,
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Whom the bundle's README.md names.")] = None,
    license: Annotated[  # noqa: A002 - the option's name
        str | None, typer.Option(metavar="NAME", help="Of the weights, as in Apache-2.0.")
    ] = None,
    description: Annotated[str | None, typer.Option(metavar="TEXT", help="What the network is, in a sentence.")] = None,
    ios: Annotated[
        int, typer.Option(metavar="VERSION", help="The least iOS that the Core ML model must run on.")
    ] = DEFAULT_IOS,
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="Keep a bundle whose parity failed, marked.")
    ] = False,
    keep_onnx: Annotated[bool, typer.Option("--keep-onnx", help="Keep the ONNX file as well.")] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Round int8 weights on this Dask cluster instead, as tcp://192.168.1.2:8786."
        ),
    ] = None,
    push_to_hub: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="Upload the bundle to this model repository; a new one is private."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Convert a network, prove each artifact against PyTorch, and write a bundle."""
    del version
    from efficientmod_export._export import export as run
    from efficientmod_export.bundle import check_repository, push_bundle

    with errors_end_the_program(as_json, verbose):
        if push_to_hub:
            check_repository(push_to_hub)
        with progress(shown=not (quiet or as_json or verbose)) as report:
            result = run(
                model,
                checkpoint=checkpoint,
                checkpoint_key=checkpoint_key,
                pretrained=pretrained,
                targets=target or "all",
                output=output,
                precisions=precision or (),
                units=unit or (),
                resolution=resolution,
                mean=mean,
                std=std,
                interpolation=interpolation,
                crop_pct=crop_pct,
                resize_mode=resize_mode,
                inputs=inputs or (),
                labels=labels,
                name=name,
                publish_names=publish_names,
                calibrate=calibrate,
                max_size=max_size,
                author=author,
                license=license,
                description=description,
                ios=ios,
                keep_failed=keep_failed,
                keep_onnx=keep_onnx,
                scheduler=scheduler,
                verbose=verbose,
                progress=report,
            )
            if push_to_hub and result.bundle:
                report(f"pushing to {push_to_hub}")
                result = replace(result, pushed=push_bundle(result.bundle, push_to_hub))
        show(result, lambda: _results.export_result(result, quiet=quiet), as_json)
    raise typer.Exit(result.exit_code)
