"""Why a report is refused: a code, the configuration and the field, and a sentence."""

from dataclasses import dataclass
from enum import StrEnum


class FindingCode(StrEnum):
    """The kinds of contradiction between a report and its own raw numbers; `docs/phone_report.md` has the list."""

    STATISTICS_DIFFER = "statistics_differ"
    VERDICT_DIFFERS = "verdict_differs"
    STATE_DIFFERS = "state_differs"
    CONDITIONS_MISSING = "conditions_missing"
    LIMITS_DIFFER = "limits_differ"
    ARTIFACT_DIFFERS = "artifact_differs"
    SAMPLES_DIFFER = "samples_differ"


@dataclass(frozen=True)
class Finding:
    """One contradiction. `field` is a path in the report, such as `configs.0.phases.1.statistics.p50_ms`."""

    code: FindingCode
    configuration: str
    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.configuration}: {self.field}: {self.text}"
