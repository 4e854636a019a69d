"""What a run does: how often everything is opened, called and waited for."""

from typing import Final

from pydantic import Field

from efficientmod_export.bundle.contract import Word
from efficientmod_export.parity import Record


class Plan(Record):
    """The values that a run was made with; `docs/phone_report.md` has the order of the steps.

    Of a pair such as `burst_calls` and `burst_s` both must be reached. `rounds` is how often each configuration's turn
    comes: in the order A B C, then C B A. A phase with 0 calls, or of 0 seconds, is left out.
    """

    name: Word
    rounds: int = Field(ge=1)
    cold_opens: int = Field(ge=1)
    warmup_calls: int = Field(ge=0)
    warmup_s: float = Field(ge=0)
    warmup_limit_s: float = Field(ge=0)
    burst_calls: int = Field(ge=0)
    burst_s: float = Field(ge=0)
    paced_calls: int = Field(ge=0)
    paced_interval_ms: float = Field(ge=0)
    sustained_s: float = Field(ge=0)
    cooldown_limit_s: float = Field(ge=0)
    battery_rise_c: float = Field(ge=0)


def _plan(name: str, *, rounds: int, burst: tuple[int, float], paced: int, sustained_s: float, wait_s: float) -> Plan:
    return Plan(
        name=name,
        rounds=rounds,
        cold_opens=3,
        warmup_calls=10,
        warmup_s=1,
        warmup_limit_s=10,
        burst_calls=burst[0],
        burst_s=burst[1],
        paced_calls=paced,
        paced_interval_ms=100,
        sustained_s=sustained_s,
        cooldown_limit_s=wait_s,
        battery_rise_c=1,
    )


PLANS: Final[dict[str, Plan]] = {
    plan.name: plan
    for plan in (
        _plan("quick", rounds=1, burst=(100, 3), paced=50, sustained_s=0, wait_s=60),
        _plan("standard", rounds=2, burst=(1024, 10), paced=100, sustained_s=0, wait_s=300),
        _plan("sustained", rounds=1, burst=(1024, 10), paced=100, sustained_s=600, wait_s=300),
    )
}
"""The plans that every app has, by name."""
