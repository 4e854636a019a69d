"""`efficientmod export`."""

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
from efficientmod_export.cli._terminal import progress

TARGETS = (*target_names(), "all")


def _models() -> list[str]:
    """What completion offers for `--model`."""
    from efficientmod_mobile import catalogue

    return [entry.name for entry in catalogue()]


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
            help="efficientmod_s, timm/repvit_m1_0, my_package.my_module:build, ...",
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
    precision: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PRECISION",
            autocompletion=lambda: ("fp32", "fp16", "int8", "int8-dynamic", "int8-weights"),
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
    resolution: Annotated[
        str | None, typer.Option(metavar="PIXELS", help="224, or height x width as in 256x192.")
    ] = None,
    labels: Annotated[Path | None, typer.Option(metavar="FILE", help="A text file with one class name a line.")] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Pictures for which int8 weights are rounded, by default the bundle's own; 32 at most are used.",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="The bundle's folder; a bundle in it is replaced.")
    ] = Path("out"),
    ios: Annotated[
        int, typer.Option(metavar="VERSION", help="The least iOS that the Core ML model must run on.")
    ] = DEFAULT_IOS,
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="Keep a bundle whose parity failed, marked.")
    ] = False,
    keep_onnx: Annotated[bool, typer.Option("--keep-onnx", help="Keep the ONNX file as well.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """Convert a network, prove each artifact against PyTorch, and write a bundle."""
    del version
    from efficientmod_export._pipeline import export_bundle
    from efficientmod_export._request import parse_resolution

    with errors_end_the_program(as_json, verbose):
        with progress(shown=not (quiet or as_json or verbose)) as report:
            result = export_bundle(
                model=model,
                checkpoint=checkpoint,
                checkpoint_key=checkpoint_key,
                targets=tuple(target or ("all",)),
                output=output,
                precisions=tuple(precision or ()),
                units=tuple(unit or ()),
                resolution=None if resolution is None else parse_resolution(resolution),
                labels=labels,
                calibrate=calibrate,
                ios=ios,
                keep_failed=keep_failed,
                keep_onnx=keep_onnx,
                verbose=verbose,
                progress=report,
            )
        show(result, lambda: _results.export_result(result, quiet=quiet), as_json)
    raise typer.Exit(result.exit_code)
