"""`efficientmod eval`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from efficientmod_export.cli._app import (
    CheckpointKey,
    CheckpointOfBundle,
    NetworkName,
    Quiet,
    Verb,
    Verbose,
    app,
    errors_end_the_program,
    print_json,
)
from efficientmod_export.cli._counted import counted
from efficientmod_export.cli._main import INTERRUPTED
from efficientmod_export.cli._terminal import error, out

if TYPE_CHECKING:
    from efficientmod_export.eval import EvalResult

STANDARD_OUTPUT = Path("-")


@app.command(cls=Verb, short_help="Measure accuracy on pictures of your own.")
def eval(  # noqa: A001 - the verb
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle's folder.")],
    images: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The pictures: a folder, at any depth, or an uncompressed .tar.")
    ],
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Their classes: a CSV, or ImageNet's val.txt; by default from the names of folders or files.",
        ),
    ] = None,
    checkpoint: CheckpointOfBundle = None,
    checkpoint_key: CheckpointKey = None,
    model: NetworkName = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Only this target's artifacts, interpreted where it has no runtime here; repeatable."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="COUNT", help="At most so many pictures, as many of each class.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="Draws the pictures of --limit.")] = 0,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="FILE",
            help="Print the result as JSON into this file, which report --accuracy reads, or for - here.",
        ),
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a line for each artifact to this file.")
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the pictures on which an artifact and PyTorch differ to this .png or .jpg."
        ),
    ] = None,
    min_top1: Annotated[
        float | None,
        typer.Option(min=0, max=1, metavar="FRACTION", help="Exit code 1 where an artifact's top-1 is lower."),
    ] = None,
    min_agreement: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, metavar="FRACTION", help="Exit code 1 where an artifact agrees with the reference on fewer."
        ),
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, metavar="COUNT", help="Work in so many processes, by default one a processor.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Work on this Dask cluster instead, as tcp://192.168.1.2:8786."),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Measure the accuracy of every artifact as it is, beside PyTorch, on labelled pictures."""
    from efficientmod_export.eval import evaluate as run
    from efficientmod_export.eval import show_eval

    as_json = json_file == STANDARD_OUTPUT
    written = None if as_json else json_file
    with errors_end_the_program(as_json, verbose):
        try:
            with counted(shown=not (quiet or as_json or verbose)) as report:
                result = run(
                    bundle,
                    images,
                    truth=truth,
                    checkpoint=checkpoint,
                    checkpoint_key=checkpoint_key,
                    model=model,
                    targets=target or (),
                    limit=limit,
                    seed=seed,
                    json_file=written,
                    csv_file=csv_file,
                    sheet=sheet,
                    processes=processes,
                    scheduler=scheduler,
                    verbose=verbose,
                    progress=report,
                )
        except KeyboardInterrupt:
            _tell_how_to_go_on(written or csv_file)
            raise typer.Exit(INTERRUPTED) from None
        _refuse_limits_on_nothing(result, min_top1, min_agreement)
        if as_json:
            print_json(result)
        elif not quiet:
            show_eval(result, out)
            for file in filter(None, (written, csv_file)):
                out.print(f"Written: {file}", soft_wrap=True, markup=False)
    low = result.shortfalls(min_top1=min_top1, min_agreement=min_agreement)
    for sentence in low:
        error(sentence)
    raise typer.Exit(1 if low else 0)


def _tell_how_to_go_on(result: Path | None) -> None:
    how = "the same command goes on from here" if result else "with --json FILE the same command could go on"
    error(f"Interrupted; {how}.")


def _refuse_limits_on_nothing(result: "EvalResult", min_top1: float | None, min_agreement: float | None) -> None:
    """Raise InputError for a limit on what was not measured: it would always hold."""
    from efficientmod_mobile.errors import InputError

    if min_top1 is not None and not result.labelled:
        raise InputError(
            "--min-top1 needs the classes of the pictures, and none are known; give --truth.", code="nothing_to_compare"
        )
    if min_agreement is not None and not any(row.agreement for row in result.rows):
        raise InputError(
            "--min-agreement needs another artifact, or PyTorch, to agree with; give --checkpoint.",
            code="nothing_to_compare",
        )
