"""`efficientmod report`."""

from pathlib import Path
from typing import Annotated

import typer

from efficientmod_export.cli._app import Json, Verb, app, errors_end_the_program, show
from efficientmod_export.cli._terminal import error, out


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
    as_json: Json = False,
) -> None:
    """Read phones' reports, compute their verdicts and percentiles again, and compare what is alike."""
    from efficientmod_export.report import read_reports, show_reports

    with errors_end_the_program(as_json):
        result = read_reports(files, bundle)
        show(result, lambda: show_reports(result, out), as_json)
        for refused in result.refused:
            for finding in refused.findings:
                error(f"{refused.file}: {finding}")
    raise typer.Exit(result.exit_code)
