"""`efficientmod models`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from efficientmod_export.cli._app import Json, app, show
from efficientmod_export.cli._terminal import out

if TYPE_CHECKING:
    from efficientmod_mobile import CatalogueEntry


@app.command()
def models(as_json: Json = False) -> None:
    """Show the catalogue: parameters, multiply-accumulates and published top-1 of every model."""
    from efficientmod_mobile import catalogue

    entries = catalogue()
    show(entries, lambda: _show(entries), as_json)


def _show(entries: Sequence[CatalogueEntry]) -> None:
    """The models by name, with what they cost and what they reach."""
    table = Table("model", "parameters", "MACs", "top-1", "source of top-1")
    for entry in entries:
        top1 = "-" if entry.top1 is None else f"{entry.top1:.1f} %"
        table.add_row(entry.name, f"{entry.params / 1e6:.2f} M", f"{entry.macs / 1e9:.3f} G", top1, entry.source)
    out.print(table)
    out.print("Any other timm model is named timm/NAME, your own my_package.my_module:build.", highlight=False)
