"""`efficientmod export`."""

from pathlib import Path
from typing import Annotated

import typer

from efficientmod_export._stages import DEFAULT_IOS
from efficientmod_export._target_names import target_names
from efficientmod_export.cli import _results
from efficientmod_export.cli._app import Json, Quiet, Verbose, app, errors_end_the_program, export_app, show
from efficientmod_export.cli._terminal import progress


@app.command()
@export_app.command()
def export(
    target: Annotated[
        list[str],
        typer.Option(
            "--target", "-t", metavar="TARGET", help=f"{', '.join((*target_names(), 'all'))}; may be repeated."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="efficientmod_s, timm/repvit_m1_0, my_package.my_module:build, ..."),
    ] = None,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", "-c", help="A .pth, .pt or .safetensors file, or hf-hub:owner/name.")
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PRECISION",
            help="fp32, fp16, ...: of every target that has it, by default each target's own; may be repeated.",
        ),
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="UNIT",
            help="cpu, gpu or neural_engine: what to prove on, by default all that can be used here; may be repeated.",
        ),
    ] = None,
    resolution: Annotated[str | None, typer.Option(help="224, or height x width as in 256x192.")] = None,
    labels: Annotated[Path | None, typer.Option(help="A text file with one class name a line.")] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The bundle's folder; a bundle in it is replaced.")
    ] = Path("out"),
    ios: Annotated[int, typer.Option(help="The least iOS that the Core ML model must run on.")] = DEFAULT_IOS,
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="Keep a bundle whose parity failed, marked.")
    ] = False,
    keep_onnx: Annotated[bool, typer.Option("--keep-onnx", help="Keep the ONNX file as well.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Convert a network, prove each artifact against PyTorch, and write a bundle."""
    with errors_end_the_program(as_json, verbose):
        from efficientmod_export._pipeline import export_bundle
        from efficientmod_export._request import parse_resolution

        with progress(shown=not (quiet or as_json or verbose)) as report:
            result = export_bundle(
                model=model,
                checkpoint=checkpoint,
                targets=tuple(target),
                output=output,
                precisions=tuple(precision or ()),
                units=tuple(unit or ()),
                resolution=None if resolution is None else parse_resolution(resolution),
                labels=labels,
                ios=ios,
                keep_failed=keep_failed,
                keep_onnx=keep_onnx,
                verbose=verbose,
                progress=report,
            )
        show(result, lambda: _results.export_result(result, quiet=quiet), as_json)
    raise typer.Exit(result.exit_code)
