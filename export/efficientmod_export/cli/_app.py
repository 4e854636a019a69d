"""The two programs, and what their verbs share: options, the result as JSON, errors as sentences with exit codes."""

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from efficientmod_export.cli import _terminal

INTERRUPTED = 130  # 128 + SIGINT, as shells count

app = typer.Typer(
    name="efficientmod",
    help="From a vision model's checkpoint to proven Core ML, ExecuTorch and TFLite files.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
export_app = typer.Typer(name="efficientmod-export", add_completion=False, pretty_exceptions_enable=False)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Let the converters' own output through.")]


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from efficientmod_export._doctor import version as installed

        typer.echo(installed())
        raise typer.Exit


def show(document: object, render: Callable[[], None], as_json: bool) -> None:
    """Print a result as JSON, or let `render` print it."""
    if as_json:
        print_json(document)
    else:
        render()


def print_json(document: object) -> None:
    """A record, or a mapping or list of records, on standard output."""
    from efficientmod_export._plain import plain

    typer.echo(json.dumps(plain(document), indent=2))


@contextmanager
def errors_end_the_program(as_json: bool, verbose: bool = False) -> Iterator[None]:
    """One sentence and the error's exit code; `as_json` prints the code as well, `verbose` the traceback."""
    try:
        yield
    except KeyboardInterrupt:
        _terminal.error("Interrupted; nothing was written.")
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        from efficientmod_mobile.errors import ConversionError, EfficientModError

        if isinstance(error, MemoryError):
            error = ConversionError(
                "The memory of this machine does not suffice; choose a smaller --resolution, or another machine.",
                code="out_of_memory",
            )
        if not isinstance(error, EfficientModError):
            raise
        if verbose:
            traceback.print_exc()
        _terminal.error(str(error))
        if as_json:
            print_json({"error": error})
        raise typer.Exit(error.exit_code) from error
