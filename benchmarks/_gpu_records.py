"""What the page of networks on LiteRT's GPU accelerator is written from."""

from dataclasses import dataclass

from _each_network import largest_error, same_top5

from efficientmod_export.parity import Noise, OutputMetrics, Verdict


@dataclass(frozen=True)
class Place:
    """One unit in one arithmetic: the largest error as a fraction of the range, and whether the best five agree.

    `reasons` say which limits it breaks, or why it did not run; then there is no error.
    """

    error: float | None
    reasons: tuple[str, ...]
    top5: bool | None = None

    @classmethod
    def of(cls, verdict: Verdict) -> "Place":
        """What a verdict says."""
        if verdict.outcome in ("refused", "not run here"):
            return cls(None, verdict.reasons)
        return cls(largest_error(verdict), verdict.reasons, same_top5(verdict))


@dataclass(frozen=True)
class OwnNoise:
    """What rounding every value to float16 costs the untransformed network: as in Place."""

    error: float
    top5: bool

    @classmethod
    def of(cls, noise: Noise) -> "OwnNoise | None":
        """None where a value is beyond float16's range."""
        worst: tuple[OutputMetrics, ...] = noise.get("float16", ())
        if not worst:
            return None
        return cls(max(one.max_relative_error for one in worst), all(one.top5.agrees for one in worst if one.top5))


@dataclass(frozen=True)
class Result:
    """One network; either `refusal` or the rest. `places` are by unit and arithmetic, `findings` the table's."""

    network: str
    refusal: str | None = None
    places: dict[str, Place] | None = None
    findings: tuple[str, ...] = ()
    noise: OwnNoise | None = None
