"""A report for the terminal: one row per rule, then what to do about it."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Column, Table

from efficientmod_export.lint._report import LintReport, RuleFindings
from efficientmod_export.lint._rule import Effect
from efficientmod_export.targets import FileLint, KnownFault

SHOWN = 3
_COLOURS = {Effect.FORBIDS: "red", Effect.ALTERS: "red", Effect.COSTS: "yellow"}


def render(report: LintReport | FileLint, *, shown: int = SHOWN) -> Iterator[RenderableType]:
    """Tables and lines of Rich markup; strings are meant to be printed with `soft_wrap`.

    `shown` operators are named per rule; `as_json` of the report has them all.
    """
    yield from _faults(report, shown) if isinstance(report, FileLint) else _rules(report, shown)


def _rules(report: LintReport, shown: int) -> Iterator[RenderableType]:
    yield (
        f"{report.count} findings by {len(report.groups)} of {report.rules} rules in {report.operators} operators "
        f"(opset of iOS {report.ios})"
    )
    if not report.groups:
        return
    yield _table(report, shown)
    for group in report.groups:
        yield f"[bold]{escape(group.rule.id)}:[/] {escape(group.rule.advice)}"
        for cited in group.rule.citations:
            yield f"  {escape(cited.source.title)}: {escape(cited.source.address)}"
    yield "This is advice. Where each operator runs, the device decides: ask Xcode's performance report."


def _faults(report: FileLint, shown: int) -> Iterator[RenderableType]:
    yield (
        f"{report.count} of {report.operators} operators are of {len(report.measured)} of the {report.rules} kinds "
        f"that {report.accelerator} is known to compute wrongly or to refuse"
    )
    if report.measured:
        yield _fault_table(report.measured, shown)
        for fault in report.measured:
            yield f"[bold]{escape(fault.id)}:[/] {escape(fault.sentence)} (seen in {', '.join(fault.versions)})."
    if report.reported:
        yield "Reported by others of phones, and not seen here:"
        yield _fault_table(report.reported, shown)
        for fault in report.reported:
            yield f"[bold]{escape(fault.id)}:[/] {escape(fault.sentence)} ({', '.join(fault.versions)})."
            yield f"  {escape(fault.source or '')}"
    if report.faults:
        yield f"Nothing was run: efficientmod verify {escape(report.path.name)} runs it on the processor and a GPU."


def _fault_table(faults: Sequence[KnownFault], shown: int) -> Table:
    table = Table(
        Column("kind", overflow="fold"),
        Column("effect", overflow="fold"),
        Column("tier", overflow="fold"),
        Column("count", no_wrap=True),
        Column("operators", overflow="fold"),
        box=None,
        padding=(0, 2, 0, 0),
    )
    for fault in faults:
        lines = [f"{escape(place.operator)} {escape(place.name)}" for place in fault.places[:shown]]
        operators = "\n".join(_shortened(lines, fault.count))
        table.add_row(fault.id, f"[red]{fault.effect}[/]", fault.tier, str(fault.count), operators)
    return table


def _shortened(lines: list[str], count: int) -> list[str]:
    """The lines, and how many more there are."""
    return [*lines, *([f"and {count - len(lines)} more"] if count > len(lines) else [])]


def _table(report: LintReport, shown: int) -> Table:
    table = Table(
        Column("rule", no_wrap=True),
        Column("effect", no_wrap=True),
        Column("tier", overflow="fold"),
        Column("count", no_wrap=True),
        Column("operators", overflow="fold"),
        box=None,  # its lines would take the room that the operators' names need in 80 columns
        padding=(0, 2, 0, 0),
    )
    for group in report.groups:
        table.add_row(*_cells(group, shown))
    return table


def _cells(group: RuleFindings, shown: int) -> tuple[str, ...]:
    rule = group.rule
    lines = [
        f"{escape(found.operator)}"
        + (f" in {escape(found.module)}" if found.module else "")
        + f": {escape(found.detail)}"
        for found in group.findings[:shown]
    ]
    tier = rule.tier.value if rule.chips is None else f"{rule.tier.value} ({rule.chips})"
    return (
        rule.id,
        f"[{_COLOURS[rule.effect]}]{rule.effect.value}[/]",
        tier,
        str(len(group.findings)),
        "\n".join(_shortened(lines, len(group.findings))),
    )
