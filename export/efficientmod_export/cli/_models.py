"""`efficientmod models`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Column

from efficientmod_export.cli._app import Json, Verb, app, show
from efficientmod_export.cli._terminal import out, say, table

if TYPE_CHECKING:
    from efficientmod_mobile import CatalogueEntry


@app.command(cls=Verb, short_help="List the catalogue of models.")
def models(as_json: Json = False) -> None:
    """Show the catalogue: parameters, multiply-accumulates and published top-1 of every model."""
    from efficientmod_mobile import catalogue

    entries = catalogue()
    show(entries, lambda: _show(entries), as_json)


def _show(entries: Sequence[CatalogueEntry]) -> None:
    """The models by name, with what they cost and what they reach."""
    numbers = [Column(name, justify="right", no_wrap=True) for name in ("params", "MACs", "top-1")]
    rows = table("model", *numbers)
    for entry in entries:
        top1 = "-" if entry.top1 is None else f"{entry.top1:.1f} %"
        rows.add_row(entry.name, f"{entry.params / 1e6:.2f} M", f"{entry.macs / 1e9:.3f} G", top1)
    out.print(rows)
    say("The sources of top-1: efficientmod models --json")
    say("Any other timm model is named timm/NAME, your own my_package.my_module:build.")
