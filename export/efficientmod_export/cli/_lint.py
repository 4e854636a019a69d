"""`efficientmod lint`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from efficientmod_export.cli._app import Json, Verb, app, errors_end_the_program, show
from efficientmod_export.cli._terminal import out

if TYPE_CHECKING:
    from efficientmod_export.lint import FileLint, LintReport


@app.command(cls=Verb, short_help="List what costs speed or is wrong on phones.")
def lint(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A bundle's folder, a .mlpackage, a .pte for Core ML, any .tflite."),
    ],
    severity: Annotated[
        Literal["error", "warning"] | None,
        typer.Option(metavar="NAME", help="Only error (forbidden or wrong) or warning (slow, or said by others)."),
    ] = None,
    fail: Annotated[bool, typer.Option("--fail", help="End with exit code 1 where there is a finding.")] = False,
    as_json: Json = False,
) -> None:
    """List what is known to cost or forbid the Neural Engine, or to be wrong on a GPU; the file is only read."""
    from efficientmod_export.lint import has_findings, lint_path, of_severity

    with errors_end_the_program(as_json):
        reports = lint_path(path)
        if severity is not None:
            reports = tuple(of_severity(report, severity) for report in reports)
        show({"reports": reports}, lambda: _show(reports), as_json)
    if fail and any(map(has_findings, reports)):
        raise typer.Exit(1)


def _show(reports: Sequence[LintReport | FileLint]) -> None:
    """What the linter found in each file, by rule."""
    from efficientmod_export.lint import show_lint

    for report in reports:
        show_lint(report, out)
