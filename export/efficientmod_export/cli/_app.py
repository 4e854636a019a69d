"""The two programs, and what their verbs share: options, the result as JSON, errors as sentences with exit codes."""

import json
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from efficientmod_export.cli import _terminal
from efficientmod_export.cli._config import configured
from efficientmod_export.cli._main import INTERRUPTED, leave_at_once
from efficientmod_mobile.errors import ConversionError, EfficientModError, InputError

NO_BREAK = "\N{NON-BREAKING HYPHEN}"
SETTINGS = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    name="efficientmod",
    help="From a vision model's checkpoint to proven Core ML, ExecuTorch and TFLite files.",
    rich_markup_mode=None,  # Typer's frames show a flag as an option with a value, and cut what is long
    context_settings=SETTINGS,
    pretty_exceptions_enable=False,
)
export_app = typer.Typer(
    name="efficientmod-export", rich_markup_mode=None, context_settings=SETTINGS, pretty_exceptions_enable=False
)


class Verb(TyperCommand):
    """A verb, whose options can stand in a file, and whose help breaks no name such as `executorch-vulkan`."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments; the file's options are their defaults."""
        if not extra.get("resilient_parsing"):  # as completion does
            long = {
                name[2:]: one.name for one in self.params for name in one.opts if name.startswith("--") and one.name
            }
            verbs = frozenset(command.callback.__name__ for command in app.registered_commands if command.callback)
            extra["default_map"] = configured(str(self.name), long, verbs)
        return super().make_context(info_name, args, parent, **extra)

    def get_help(self, ctx: Any) -> str:
        """The text that `--help` prints."""
        for parameter in self.params:
            if isinstance(parameter, TyperOption | TyperArgument) and parameter.help:
                parameter.help = re.sub(r"(?<=\w)-(?=\w)", NO_BREAK, parameter.help)
        return super().get_help(ctx).replace(NO_BREAK, "-")


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
CheckpointOfBundle = Annotated[
    str | None, typer.Option("--checkpoint", "-c", metavar="FILE", help="For PyTorch: what the bundle was made from.")
]
CheckpointKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY", help="Under which key of the checkpoint the weights lie, as in state_dict or model.ema."
    ),
]
NetworkName = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="How the network is built where the bundle does not say it: my_package.my_module:build.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Let the converters' own output through.")]


def _print_version(asked: bool) -> None:
    if asked:
        from efficientmod_mobile.distribution import DISTRIBUTION, distribution_version

        typer.echo(f"{DISTRIBUTION} {distribution_version()}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
]


@app.callback(invoke_without_command=True)
def _options(context: typer.Context, version: Version = False) -> None:
    del version
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


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
    """One sentence and the error's exit code; `as_json` prints the code as well, `verbose` the traceback.

    In the block, Ctrl-C raises KeyboardInterrupt, so that what was begun is undone.
    """
    handler = signal.getsignal(signal.SIGINT)
    if handler is leave_at_once:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        _terminal.error("Interrupted; nothing was written.")
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        known = _known(error)
        if known is None:
            if as_json:
                document = {"code": "unexpected", "kind": type(error).__name__, "message": str(error)}
                print_json({"error": document})
            raise
        if verbose:
            traceback.print_exc()
        _terminal.error(str(known))
        if as_json:
            print_json({"error": known})
        raise typer.Exit(known.exit_code) from error
    finally:
        if handler is leave_at_once:
            signal.signal(signal.SIGINT, handler)


def _known(error: Exception) -> EfficientModError | None:
    """The error if it is one of the toolkit's, or what stands for it; None for a fault of the toolkit."""
    if isinstance(error, MemoryError):
        return ConversionError(
            "The memory of this machine does not suffice; choose a smaller --resolution, or another machine.",
            code="out_of_memory",
        )
    return error if isinstance(error, EfficientModError) else None


def run(program: typer.Typer) -> int:
    """Run a program on this process's arguments, and give its exit code; wrong arguments are one sentence."""
    try:
        return program(standalone_mode=False) or 0
    except (typer.TyperException, InputError) as error:
        wrong = error if isinstance(error, InputError) else _wrong_arguments(error, str(program.info.name))
        _terminal.error(str(wrong))
        if "--json" in sys.argv:
            print_json({"error": wrong})
        return wrong.exit_code


def _wrong_arguments(error: typer.TyperException, program: str) -> InputError:
    described: Callable[[], str] = getattr(error, "format_message", error.__str__)
    context = getattr(error, "ctx", None)
    command = context.command_path if context else program
    return InputError(f"{described().rstrip('.')}; {command} --help shows what there is.", code="wrong_arguments")
