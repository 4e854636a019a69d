"""`efficientmod report`."""

from pathlib import Path
from typing import Annotated

import typer

from efficientmod_export.cli._app import Json, app, errors_end_the_program, show
from efficientmod_export.cli._terminal import error, out


@app.command()
def report(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="One or several phones' reports.")],
    bundle: Annotated[
        Path | None,
        typer.Option(help="The bundle that was on the phones; by default one beside the report, or below this folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read phones' reports, compute their verdicts and percentiles again, and compare what is alike."""
    with errors_end_the_program(as_json):
        from efficientmod_export.report import read_reports, show_reports

        result = read_reports(files, bundle)
        show(result, lambda: show_reports(result, out), as_json)
        for refused in result.refused:
            for finding in refused.findings:
                error(f"{refused.file}: {finding}")
    raise typer.Exit(result.exit_code)
