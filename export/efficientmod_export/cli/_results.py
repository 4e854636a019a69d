"""What a person sees of an export and of a proof: tables, then the next command to type."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from efficientmod_export.cli._terminal import aside, detail, error, out, say, table

if TYPE_CHECKING:
    from pathlib import Path

    from efficientmod_export._result import ExportResult, VariantResult, VerifyResult
    from efficientmod_export.bundle import ProvenArtifact
    from efficientmod_export.bundle.contract import ArtifactEntry, Check
    from efficientmod_export.parity import Agreement
    from efficientmod_export.targets import UnitComparison

MEGABYTE = 1_000_000
GPU_RANK = 4
"""The most axes that delegates for GPUs take."""


def export_result(result: ExportResult, *, quiet: bool) -> None:
    """What was made and how far it is from PyTorch, what was not and why, and what to type next; if `quiet`, only what
    was not.
    """
    if not quiet:
        say(f"[bold]{escape(result.model)}[/], weights: {escape(result.weights)}")
        for remark in result.remarks:
            detail(escape(remark))
        say(f"Pictures: {escape(result.preprocessing)}")
        _print_variants(result.variants, without="not made")
    _print_failures(result.variants)
    for sentence in result.lacking:
        aside(escape(sentence))
    if result.note:
        aside(escape(result.note))
    if result.pushed and not quiet:
        out.print(f"Pushed to {escape(result.pushed)}", soft_wrap=True)
    if result.sha256 and not quiet:
        out.print(f"Digest of the bundle: {result.sha256}", soft_wrap=True)
    if result.bundle and not quiet:
        out.print(f"Next: efficientmod verify {escape(_argument(result.bundle))}", soft_wrap=True)


def verification(result: VerifyResult | UnitComparison, *, quiet: bool) -> None:
    """A bundle proven again, or a file on every unit."""
    from efficientmod_export._result import VerifyResult

    if isinstance(result, VerifyResult):
        verify_result(result, quiet=quiet)
    else:
        unit_comparison(result, quiet=quiet)


def unit_comparison(result: UnitComparison, *, quiet: bool) -> None:
    """A row for each unit and arithmetic, then why; if `quiet`, only what is wrong."""
    if not quiet:
        fed = escape(", ".join(result.inputs))
        say(f"[bold]{escape(str(result.path))}[/]: {fed}; {result.runtime}")
        rows = table("unit", "precision", "largest error / range", "outcome")
        colours = {"right": "green", "wrong": "red"}
        for row in result.results:
            measured = f"{row.error:.1e}" if row.error is not None else "not finite" if row.outcome == "wrong" else "-"
            colour = colours.get(row.outcome, "default")
            rows.add_row(row.unit, row.compute_precision, measured, f"[{colour}]{row.outcome}[/]")
        out.print(rows)
        if result.left_out:
            say(f"Not run: {escape(', '.join(result.left_out))}, signatures of other graphs than the first.")
        for row in result.results:
            if row.reason:
                place = f"{row.unit} {row.compute_precision} {row.outcome}"
                say(f"{place}: {escape(row.reason)}")
    for row in result.results:
        if row.outcome == "wrong":
            named = f"; the first operator that differs: {row.first}" if row.first else ""
            error(
                f"{row.unit} {row.compute_precision} gives other results than the processor, without saying so{named}"
            )


def verify_result(result: VerifyResult, *, quiet: bool) -> None:
    """Every artifact proven again, what is amiss with the files, and what the layers tell; if `quiet`, only what is
    amiss.
    """
    if not quiet:
        say(f"[bold]{escape(result.model)}[/], weights: {escape(result.weights)}")
        if result.variants:
            _print_variants(result.variants, without="not proven")
    for problem in result.problems:
        error(problem)
    _print_failures(result.variants)
    if quiet:
        return
    for name, sentences in result.layers.items():
        for sentence in sentences:
            say(f"[bold]{name}:[/] {escape(sentence)}")
    for remark in result.remarks:
        say(escape(remark))
    _print_conclusion(result)


def _print_conclusion(result: VerifyResult) -> None:
    """That all is well, or what to type next."""
    from efficientmod_mobile.errors import ParityError

    if result.exit_code == 0:
        out.print("[green]The bundle is what it says.[/]")
    elif not result.layers and any(isinstance(row.failure, ParityError) for row in result.variants):
        needed = " --checkpoint FILE" if result.weights.startswith("checkpoint") else ""
        command = f"efficientmod verify {_argument(result.bundle)} --layers{needed}"
        out.print(f"Next: {escape(command)}", soft_wrap=True)
    elif result.problems:
        out.print("Next: export the bundle again.")


def _argument(path: Path) -> str:
    """A path as a shell takes it, and never for an option."""
    return shlex.quote(f"./{path}" if str(path).startswith("-") else str(path))


def _print_variants(variants: Sequence[VariantResult], *, without: str) -> None:
    """A line for each variant, and below it its proofs and details; `without` is said of those that have no file."""
    made = [row.artifact.entry for row in variants if row.artifact]
    targets = max(len(row.target) for row in variants)
    files = max((len(entry.file) for entry in made), default=0)
    for row in variants:
        target = f"[bold]{row.target}[/]{' ' * (targets - len(row.target))}"
        if row.artifact is None:
            out.print(f"{target}  [red]{without}[/]", soft_wrap=True)
            continue
        entry = row.artifact.entry
        size = f"{entry.size / MEGABYTE:.1f} MB"
        out.print(f"{target}  {entry.file.ljust(files)}  {entry.precision}  {size}", soft_wrap=True)
        for sentence in _proofs_and_details(row, row.artifact):
            detail(sentence)


def _proofs_and_details(row: VariantResult, artifact: ProvenArtifact) -> Iterator[str]:
    """What ran and how far it is from PyTorch, what did not run, what was transformed, what a delegate leaves."""
    evidence = artifact.evidence
    checks = [check for check in evidence.checks if check.gate in ("runtime", "numerics")]
    yield from (_proof(artifact, check) for check in checks if _ran(check))
    if evidence.rounding is not None:
        layers, stored = evidence.rounding.layers, evidence.rounding.stored_as_int8
        rounded = sum(layer.weights for layer in layers)
        yield f"{rounded} weights of {len(layers)} layers rounded for {escape(evidence.rounding.pictures)}"
        if stored < rounded:
            yield f"only {stored} of these weights are stored as int8; the converter changed the others"
    unrun = [check for check in evidence.checks if not _ran(check)]
    for reason in dict.fromkeys(reason for check in unrun for reason in check.verdict.reasons):
        units = ", ".join(dict.fromkeys(str(check.unit) for check in unrun if reason in check.verdict.reasons))
        yield f"{units} {escape(reason)}"
    proof = evidence.transforms
    yield (
        f"{proof.nodes_before} operators became {proof.nodes_after}, equal to {proof.float64_error:.0e} in float64; "
        f"{row.seconds:.1f} s{_on_gpu(row)}"
    )
    if evidence.delegates is not None:
        yield f"delegates: {evidence.delegates}; outside them {escape(', '.join(evidence.outside)) or 'nothing'}"
    if (evidence.rank or 0) > GPU_RANK:
        yield f"tensors of up to {evidence.rank} axes; delegates for GPUs take {GPU_RANK}"


def _on_gpu(row: VariantResult) -> str:
    """The share of a software driver, which no other machine needs."""
    return f", {row.gpu_seconds:.1f} s of it on the GPU" if row.gpu_seconds >= 1 else ""


def _ran(check: Check) -> bool:
    return check.verdict.outcome != "not run here"


def _proof(artifact: ProvenArtifact, check: Check) -> str:
    """The largest error as a fraction of the reference's range, and whether the best classes agree."""
    failed = check.verdict.failed or (check.gate == "numerics" and artifact.entry.failed)
    outcome = "failed" if failed else "interpreted" if check.gate == "numerics" else check.verdict.outcome
    place = "" if check.unit in (None, "cpu") else f"{check.unit} {check.compute_precision} "
    worst = check.verdict.worst
    if not worst:
        # Why it failed is told below the table.
        return (
            f"{place}[red]{outcome}[/]" if failed else f"{place}{outcome}: {escape('; '.join(check.verdict.reasons))}"
        )
    largest = max(one.max_relative_error for one in worst)
    top5 = [one.top5 for one in worst if one.top5]
    agreement = "" if not top5 else f", top-5 {_agreement(top5)}"
    return f"{place}[{'red' if failed else 'green'}]{outcome}[/] {largest:.1e}{agreement}"


def _agreement(several: Sequence[Agreement]) -> str:
    return "equal" if all(one.agrees for one in several) else f"margin {min(one.margin for one in several):.0e}"


def _print_failures(variants: Sequence[VariantResult]) -> None:
    """Each failure, and of a file that is right on another unit, where it is."""
    for row in variants:
        if row.failure:
            error(str(row.failure))
            entry = row.artifact.entry if row.artifact else None
            if entry and not entry.failed:
                aside(
                    f"{escape(entry.file)} is kept for {_places(entry, 'proven', 'interpreted')}, and marked as "
                    f"failed on {_places(entry, 'failed')}."
                )


def _places(entry: ArtifactEntry, *states: str) -> str:
    """Where the proof of an artifact ended in one of these states."""
    found = [f"{proof.unit} in {proof.compute_precision}" for proof in entry.proofs if proof.state in states]
    return ", ".join(dict.fromkeys(found))
