"""`efficientmod verify`."""

from pathlib import Path
from typing import Annotated

import typer

from efficientmod_export.cli import _results
from efficientmod_export.cli._app import (
    CheckpointKey,
    Json,
    NetworkName,
    Quiet,
    Verb,
    Verbose,
    app,
    errors_end_the_program,
    show,
)
from efficientmod_export.cli._terminal import progress


@app.command(cls=Verb, short_help="Prove a bundle, or a file, again.")
def verify(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A bundle's folder, or any .tflite file.")],
    layers: Annotated[bool, typer.Option("--layers", help="Name the first layer whose output drifts.")] = False,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint", "-c", metavar="FILE", help="For --layers: the weights that the bundle was made from."
        ),
    ] = None,
    checkpoint_key: CheckpointKey = None,
    model: NetworkName = None,
    inputs: Annotated[
        list[Path] | None,
        typer.Option(
            "--input", metavar="FILE", help="For a file: an .npy to run it on, one an input; by default random numbers."
        ),
    ] = None,
    expect: Annotated[
        str | None, typer.Option(metavar="SHA256", help="Run nothing unless this is the bundle's digest.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Prove a bundle again from its files alone; or run a .tflite file, anyone's, on the processor and a GPU."""
    from efficientmod_export._verify import verify_bundle
    from efficientmod_export._verify_file import is_model_file, verify_file
    from efficientmod_mobile.errors import InputError

    with errors_end_the_program(as_json, verbose):
        single = is_model_file(path)
        if (single and (layers or checkpoint or checkpoint_key or model or expect)) or (inputs and not single):
            raise InputError(
                "--layers, --checkpoint, --model and --expect are for a bundle, --input is for a file; leave it out.",
                code="conflicting_options",
            )
        with progress(shown=not (quiet or as_json or verbose)) as report:
            if single:
                compared = verify_file(path, inputs=inputs or (), verbose=verbose, progress=report)
            else:
                proven = verify_bundle(
                    path,
                    layers=layers,
                    checkpoint=checkpoint,
                    checkpoint_key=checkpoint_key,
                    model=model,
                    expect=expect,
                    verbose=verbose,
                    progress=report,
                )
        result = compared if single else proven
        show(result, lambda: _results.verification(result, quiet=quiet), as_json)
    raise typer.Exit(result.exit_code)
