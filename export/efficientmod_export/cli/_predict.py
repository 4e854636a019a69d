"""`efficientmod predict`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from efficientmod_export.cli._app import (
    CheckpointKey,
    CheckpointOfBundle,
    Json,
    NetworkName,
    Verb,
    Verbose,
    app,
    errors_end_the_program,
    show,
)
from efficientmod_export.cli._picture_flags import CropPct, Interpolation, Mean, ResizeMode, Resolution, Std
from efficientmod_export.cli._terminal import aside, out, progress, say, table

if TYPE_CHECKING:
    from efficientmod_export._predict import Prediction, PredictResult


@app.command(cls=Verb, short_help="Show what a bundle or a file says of pictures.")
def predict(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A bundle's folder, or any .tflite, .pte, .mlpackage or .onnx.")
    ],
    pictures: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="One or several pictures.")],
    checkpoint: CheckpointOfBundle = None,
    checkpoint_key: CheckpointKey = None,
    model: NetworkName = None,
    like: Annotated[
        Path | None,
        typer.Option(metavar="BUNDLE", help="Of a file in no bundle: prepare pictures as this bundle states."),
    ] = None,
    resolution: Resolution = None,
    mean: Mean = None,
    std: Std = None,
    interpolation: Interpolation = None,
    crop_pct: CropPct = None,
    resize_mode: ResizeMode = None,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of a file in no bundle: one class name a line."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Where to write the pictures that a network gives."),
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Run every artifact that runs here on pictures, as an app would, and PyTorch beside them; or a single file,
    anyone's, with the preprocessing that it states or that the flags say.
    """
    from efficientmod_export._predict import predict as run

    with errors_end_the_program(as_json, verbose):
        with progress(shown=not (as_json or verbose)) as report:
            result = run(
                path,
                pictures,
                checkpoint=checkpoint,
                checkpoint_key=checkpoint_key,
                model=model,
                flags={
                    "resolution": resolution,
                    "mean": mean,
                    "std": std,
                    "interpolation": interpolation,
                    "crop_pct": crop_pct,
                    "resize_mode": resize_mode,
                },
                like=like,
                labels=labels,
                output=output,
                verbose=verbose,
                progress=report,
            )
        show(result, lambda: _show(result), as_json)
    raise typer.Exit(result.exit_code)


def _show(result: PredictResult) -> None:
    """A table for each picture: the best classes, those of each artifact and PyTorch below each other."""
    say(f"Pictures: {escape(result.pictures)}")
    for picture in dict.fromkeys(one.picture for one in result.predictions):
        out.print(f"[bold]{escape(str(picture))}[/]", soft_wrap=True)
        rows = table("by", "", "class")
        for one in result.predictions:
            if one.picture == picture:
                for cells in _rows(one):
                    rows.add_row(*cells)
        out.print(rows)
    for sentence in result.missing:
        aside(escape(sentence))


def _rows(one: Prediction) -> list[tuple[str, str, str]]:
    rows = [("", f"{score.value:.1%}", escape(score.label or f"class {score.index}")) for score in one.best]
    rows += [("", "", f"written to {escape(str(file))}") for file in one.written]
    rows += [("", "", escape(other)) for other in one.others]
    return [(one.by, *rows[0][1:]), *rows[1:]] if rows else [(one.by, "", "nothing to show")]
