"""Reads several reports, checks their numbers, and gives what is shown of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from efficientmod_export._plain import PlainRecord
from efficientmod_export.report._check import check_report
from efficientmod_export.report._compare import Comparison, compare_reports
from efficientmod_export.report._finding import Finding
from efficientmod_export.report._read import find_bundle, read_report
from efficientmod_export.report._summary import Summary, summarise


@dataclass(frozen=True)
class Refused(PlainRecord):
    """A report whose own raw numbers say otherwise."""

    file: str
    findings: tuple[Finding, ...]

    def by_kind(self) -> tuple[tuple[Finding, ...], ...]:
        """The findings of one code and one configuration together, in the order of the first of each."""
        groups: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.findings:
            groups.setdefault((finding.configuration, finding.code), []).append(finding)
        return tuple(map(tuple, groups.values()))


@dataclass(frozen=True)
class ReportsResult(PlainRecord):
    """The reports that can be believed, those that cannot, and the comparisons of the former."""

    JSON_PROPERTIES = ("exit_code",)

    reports: tuple[Summary, ...]
    refused: tuple[Refused, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def exit_code(self) -> int:
        """1 where a report computed something else than its raw numbers give."""
        return 1 if self.refused else 0


def read_reports(paths: Sequence[Path], bundle: Path | None = None) -> ReportsResult:
    """Read reports, and compute every verdict and percentile again.

    The bundle of each is `bundle`, or is found beside the report or in the current folder; without one, the metrics of
    the verdicts are taken as stated. Raises InputError for a file that is no report, or is about another bundle.
    """
    summaries, refused = [], []
    for path in paths:
        read = read_report(path)
        opened = find_bundle(read, path, bundle)
        findings = check_report(read, opened)
        if findings:
            refused.append(Refused(str(path), findings))
        else:
            summaries.append(summarise(str(path), read, opened))
    return ReportsResult(tuple(summaries), tuple(refused), compare_reports(summaries))
