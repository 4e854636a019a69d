"""`efficientmod compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from efficientmod_export.cli._app import Json, Quiet, Verb, Verbose, app, errors_end_the_program, show
from efficientmod_export.cli._terminal import INDENT, aside, detail, progress, say

if TYPE_CHECKING:
    from efficientmod_export.comparison import Agreement, Answer, Change, CompareResult

FLIPS_SHOWN = 20


@app.command(cls=Verb, short_help="Hold a new bundle against an old one.")
def compare(
    before: Annotated[Path, typer.Argument(metavar="OLD", help="The bundle that an app has.")],
    after: Annotated[Path, typer.Argument(metavar="NEW", help="The bundle that is to take its place.")],
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(metavar="IMAGE", help="Pictures for both; by default the golden ones of both bundles."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show before a model update what an app must change (exit code 1 where it must), what else is another, and on
    which pictures the best class flips.
    """
    from efficientmod_export.comparison import compare_bundles

    with errors_end_the_program(as_json, verbose):
        with progress(shown=not (quiet or as_json or verbose)) as report:
            result = compare_bundles(before, after, pictures or (), verbose=verbose, progress=report)
        show(result, lambda: _show(result, quiet=quiet), as_json)
    raise typer.Exit(result.exit_code)


def _show(result: CompareResult, *, quiet: bool) -> None:
    """What an app must change, then what else is another, then the pictures; if `quiet`, only the first."""
    required = result.required
    if required:
        say(f"[bold red]An app must change for {escape(str(result.after))}:[/]")
    for change in required:
        detail(_told(change))
        say(escape(change.must or ""), indent=2 * INDENT)
    if quiet:
        return
    if not required:
        after, before = escape(str(result.after)), escape(str(result.before))
        say(f"[green]An app takes {after} in the place of {before} as it is.[/]")
    others = [change for change in result.changes if change not in required]
    if others:
        say("What else is another:")
    for change in others:
        detail(_told(change))
    for agreement in result.agreements:
        _show_agreement(agreement, result.pictures)
    for sentence in result.not_compared:
        aside(escape(sentence))


def _told(change: Change) -> str:
    if change.before is None and change.after is None:
        return escape(change.what)
    return f"{escape(change.what)}: {escape(change.before or 'none')}, now {escape(change.after or 'none')}"


def _show_agreement(one: Agreement, pictures: str) -> None:
    who = one.before if one.before == one.after else f"{one.before} and {one.after}"
    numbers = [f"{one.same_best} with the same best class, {one.same_five} with the same five"] if one.classes else []
    if one.largest_difference is not None:
        what = "largest difference of a probability" if one.classes else "largest difference / range"
        numbers.append(f"{what} {one.largest_difference:.1%}")
    say(f"[bold]{escape(who)}[/] on {pictures}: {', '.join(numbers) or 'the outputs have other shapes'}")
    for flip in one.flips[:FLIPS_SHOWN]:
        detail(f"{escape(flip.picture)}: {_answer(flip.before)}, now {_answer(flip.after)}")
    if len(one.flips) > FLIPS_SHOWN:
        detail(f"and {len(one.flips) - FLIPS_SHOWN} more; --json has all")


def _answer(answer: Answer) -> str:
    return f"{escape(answer.label or f'class {answer.index}')} {answer.value:.1%}"
