"""A report in the terminal: what breaks each rule, and what to do about it, in lines for any width."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from efficientmod_export._shown import INDENT, say
from efficientmod_export.lint._report import LintReport, RuleFindings
from efficientmod_export.lint._rule import Effect
from efficientmod_export.targets import FileLint, KnownFault

SHOWN = 3
_COLOURS = {Effect.FORBIDS: "red", Effect.ALTERS: "red", Effect.COSTS: "yellow"}


def show_lint(report: LintReport | FileLint, out: Console, *, shown: int = SHOWN) -> None:
    """Print it; `shown` operators are named per rule, `as_json` of the report has them all."""
    say(out, f"[bold]{escape(str(report.path))}[/]")
    if isinstance(report, FileLint):
        _show_faults(report, out, shown)
    else:
        _show_rules(report, out, shown)


def _show_rules(report: LintReport, out: Console, shown: int) -> None:
    findings = f"{report.count} {'finding' if report.count == 1 else 'findings'}"
    say(
        out,
        f"{findings} by {len(report.groups)} of {report.rules} rules in {report.operators} operators "
        f"(opset of iOS {report.ios})",
    )
    for group in report.groups:
        _show_rule(group, out, shown)
    if report.groups:
        say(out, "This is advice. Where each operator runs, the device decides: ask Xcode's performance report.")


def _show_rule(group: RuleFindings, out: Console, shown: int) -> None:
    rule = group.rule
    tier = rule.tier.value if rule.chips is None else f"{rule.tier.value} ({rule.chips})"
    effect = f"[{_COLOURS[rule.effect]}]{rule.effect.value}[/]"
    say(out, f"[bold]{escape(rule.id)}[/]  {effect}  {_places(group.count)}, {escape(tier)}")
    lines = [
        found.operator + (f" in {found.module}" if found.module else "") + f": {found.detail}"
        for found in group.findings[:shown]
    ]
    _show_places(lines, group.count, out)
    say(out, escape(rule.advice), indent=INDENT)
    for cited in rule.citations:
        _show_source(f"{cited.source.title}: {cited.source.address}", out)


def _show_faults(report: FileLint, out: Console, shown: int) -> None:
    say(
        out,
        f"{report.count} of {report.operators} operators are of {len(report.measured)} of the {report.rules} kinds "
        f"that {report.accelerator} is known to compute wrongly or to refuse",
    )
    _show_kinds(report.measured, out, shown)
    if report.reported:
        say(out, "Reported by others of phones, and not seen here:")
        _show_kinds(report.reported, out, shown)
    if report.faults:
        say(out, f"Nothing was run: efficientmod verify {escape(report.path.name)} runs it on the processor and a GPU.")


def _show_kinds(faults: Sequence[KnownFault], out: Console, shown: int) -> None:
    for fault in faults:
        say(out, f"[bold]{escape(fault.id)}[/]  [red]{fault.effect}[/]  {_places(fault.count)}, {fault.tier}")
        _show_places([f"{place.operator} {place.name}" for place in fault.places[:shown]], fault.count, out)
        say(out, f"{escape(fault.sentence)} (seen in {', '.join(fault.versions)}).", indent=INDENT)
        if fault.source is not None:
            _show_source(fault.source, out)


def _places(count: int) -> str:
    return f"{count} {'place' if count == 1 else 'places'}"


def _show_places(lines: Sequence[str], count: int, out: Console) -> None:
    """The lines, and how many more there are."""
    for line in lines:
        say(out, escape(line), indent=INDENT)
    if count > len(lines):
        say(out, f"and {count - len(lines)} more", indent=INDENT)


def _show_source(text: str, out: Console) -> None:
    """A line that the terminal itself breaks, so that the address in it can be copied."""
    out.print(f"{' ' * INDENT}{escape(text)}", soft_wrap=True)
