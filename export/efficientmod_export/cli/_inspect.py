"""`efficientmod inspect`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Column

from efficientmod_export.cli._app import Json, Verb, Verbose, app, errors_end_the_program, show
from efficientmod_export.cli._terminal import INDENT, detail, error, indented, out, say, table

if TYPE_CHECKING:
    from efficientmod_export._inspect import BundleContents
    from efficientmod_export.bundle.contract import Input, Output
    from efficientmod_export.targets import FileContents, Graph, HeldTensor

NAMES_SHOWN = 5
LONGEST = 200
"""Characters of a text in a file's metadata that are shown; `--json` has all."""


@app.command(cls=Verb, short_help="Show what is in a bundle or a file.")
def inspect(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A bundle's folder, or any .tflite, .pte, .mlpackage or .onnx."),
    ],
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show inputs, outputs, operators, delegates, metadata and sizes of any model's file, or of a bundle's; none is
    run.
    """
    from efficientmod_export._inspect import BundleContents
    from efficientmod_export._inspect import inspect as run

    with errors_end_the_program(as_json, verbose):
        result = run(path, verbose=verbose)
        bundle = result if isinstance(result, BundleContents) else None
        show(
            result, lambda: _show_bundle(result) if isinstance(result, BundleContents) else _show_file(result), as_json
        )
    raise typer.Exit(bundle.exit_code if bundle else 0)


def _show_bundle(bundle: BundleContents) -> None:
    say(
        f"[bold]{escape(str(bundle.path))}[/]: {escape(bundle.model)}, {bundle.task}, weights: {escape(bundle.weights)}"
    )
    for declared in bundle.inputs:
        detail(f"takes {_declared(declared)}" + (f": {escape(bundle.pictures)}" if bundle.pictures else ""))
    for given in bundle.outputs:
        detail(f"gives {_declared(given)}: {given.meaning}")
    if bundle.steps:
        detail(f"then {escape(', '.join(bundle.steps))}")
    named = f"{bundle.labels} class names, " if bundle.labels else ""
    detail(f"{named}{bundle.golden} golden samples, format {bundle.format_version}, {bundle.status}")
    detail(f"digest {bundle.sha256}")
    _show_sizes(bundle.parts)
    for file in bundle.files:
        out.print()
        _show_file(file, bundle.proofs.get(file.path.relative_to(bundle.path).as_posix(), ()))
    for remark in bundle.remarks:
        say(escape(remark))
    for problem in bundle.problems:
        error(problem)


def _declared(declared: Input | Output) -> str:
    return f"{escape(declared.name)}, {declared.dtype} {_shape(declared.shape)}"


def _show_file(file: FileContents, proofs: Iterable[str] = ()) -> None:
    say(f"[bold]{escape(str(file.path))}[/]: {escape(file.format)}, {_size(file.size)}")
    if proofs:
        detail(", ".join(proofs))
    for graph in file.graphs:
        _show_graph(graph)
    for delegate in file.delegates:
        calls = "call" if delegate.calls == 1 else "calls"
        problem = f": {escape(delegate.problem)}" if delegate.problem else ""
        detail(f"[bold]delegate {escape(delegate.name)}[/], {delegate.calls} {calls}, {_size(delegate.size)}{problem}")
        for graph in delegate.graphs:
            _show_graph(graph, 2 * INDENT)
    _show_sizes(file.parts)
    for name, text in file.metadata.items():
        short = text if len(text) <= LONGEST else f"{text[:LONGEST]} ... ({len(text)} characters)"
        detail(f"{escape(name)}: {escape(' '.join(short.split()))}")
    if file.labels:
        detail(
            f"{len(file.labels)} class names: {escape(', '.join(file.labels[:5]))}{', ...' * (len(file.labels) > 5)}"
        )


def _show_graph(graph: Graph, indent: int = INDENT) -> None:
    weights = ", ".join(f"{one.tensors} of {one.dtype}, {_size(one.size)}" for one in graph.weights)
    total = sum(graph.operators.values())
    told = f"{total} operator{'' if total == 1 else 's'}"
    say(f"[bold]{escape(graph.name)}[/]: {told}" + (f"; weights: {weights}" if weights else ""), indent=indent)
    for word, tensors in (("takes", graph.inputs), ("gives", graph.outputs)):
        for tensor in tensors:
            say(f"{word} {_tensor(tensor)}", indent=indent + INDENT)
    if graph.operators:
        rows = table("", Column("", justify="right"))
        rows.show_header = False
        for name, count in graph.operators.items():
            rows.add_row(escape(name), str(count))
        out.print(indented(rows, indent + INDENT))


def _show_sizes(parts: Mapping[str, int]) -> None:
    detail(f"size: {', '.join(f'{escape(name)} {_size(size)}' for name, size in parts.items())}")


def _tensor(tensor: HeldTensor) -> str:
    shape = "" if tensor.shape is None else f" {_shape(tensor.shape)}"
    remark = f", {escape(tensor.remark)}" if tensor.remark else ""
    if tensor.quantisation:
        scale, zero = tensor.quantisation
        remark += f", stands for (q - {zero}) * {scale:.6g}"
    return f"{escape(tensor.name)}, {tensor.dtype}{shape}{remark}"


def _shape(shape: Iterable[int | None]) -> str:
    return f"({', '.join('?' if length is None else str(length) for length in shape)})"


def _size(size: int) -> str:
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
