"""`efficientmod report`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from efficientmod_export.cli._app import Json, Verb, app, errors_end_the_program, show
from efficientmod_export.cli._terminal import error, out

if TYPE_CHECKING:
    from efficientmod_export.report import ReportsResult


@app.command(cls=Verb, short_help="Check and compare phones' reports.")
def report(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="One or several phones' reports.")],
    bundle: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The bundle that was on the phones; by default one beside the report, or below this folder.",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with plots, in one file, to open in a browser.")
    ] = None,
    accuracy: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="For the page: accuracies of the bundle's artifacts; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read phones' reports, compute their verdicts and percentiles again, and compare what is alike."""
    from efficientmod_export.report import read_accuracy, read_reports, show_reports, write_page

    with errors_end_the_program(as_json):
        accuracies = [read_accuracy(path) for path in accuracy or ()]
        result = read_reports(files, bundle)
        if html is not None:
            write_page(result, html, accuracies)
        show(result, lambda: show_reports(result, out), as_json)
        tell_refused(result)
    raise typer.Exit(result.exit_code)


def tell_refused(result: "ReportsResult") -> None:
    """An error for each kind of contradiction in each configuration, with the first number; `--json` has all."""
    for refused in result.refused:
        for findings in refused.by_kind():
            more = f", and {len(findings) - 1} more" if findings[1:] else ""
            error(f"{refused.file}: {findings[0]}{more}")
