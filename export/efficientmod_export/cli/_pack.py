"""`efficientmod pack`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from efficientmod_export.cli._app import Json, Verb, app, errors_end_the_program, show
from efficientmod_export.cli._terminal import out


@app.command(cls=Verb, short_help="Write a bundle into one file for a phone.")
def pack(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle's folder.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The file to write; by default BUNDLE.embundle."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a bundle's files and write them into one file, to hand to a phone."""
    from efficientmod_export.bundle import pack_bundle

    with errors_end_the_program(as_json):
        written = pack_bundle(bundle, output)
        size = written.stat().st_size
        show(
            {"file": written, "size": size},
            lambda: out.print(f"{escape(str(written))}, {size / 1e6:.1f} MB", soft_wrap=True),
            as_json,
        )
