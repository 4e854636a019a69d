"""What the page of networks on LiteRT's GPU accelerator is written from."""

from dataclasses import dataclass

from _each_network import largest_error, same_top5

from efficientmod_export.parity import Noise, OutputMetrics, Verdict


@dataclass(frozen=True)
class Place:
    """One unit in one arithmetic: the largest error as a fraction of the range, and whether the best five agree.

    `reasons` say which limits it breaks, or why it is refused; then there is no error, as where it was not run.
    """

    error: float | None
    reasons: tuple[str, ...]
    top5: bool | None = None

    @classmethod
    def of(cls, verdict: Verdict) -> "Place":
        """What a verdict says."""
        if verdict.outcome in ("refused", "not run here"):
            return cls(None, verdict.reasons if verdict.outcome == "refused" else ())
        return cls(largest_error(verdict), verdict.reasons, same_top5(verdict))


CPU, FLOAT32, FLOAT16 = "cpu float32", "gpu float32", "gpu float16"
"""The places by unit and arithmetic."""


@dataclass(frozen=True)
class OwnNoise:
    """What computing in float16, sums included, costs the untransformed network: as in Place."""

    error: float
    top5: bool

    @classmethod
    def of(cls, noise: Noise) -> "OwnNoise | None":
        """None where a value is beyond float16's range."""
        worst: tuple[OutputMetrics, ...] = noise.get("float16_sums", ())
        if not worst:
            return None
        return cls(max(one.max_relative_error for one in worst), all(one.top5.agrees for one in worst if one.top5))


@dataclass(frozen=True)
class Result:
    """One network; either `refusal` or the rest. `findings` are what the table of known faults says of the file."""

    network: str
    refusal: str | None = None
    places: dict[str, Place] | None = None
    findings: tuple[str, ...] = ()
    noise: OwnNoise | None = None

    def right(self, place: str) -> bool:
        """Whether the unit takes the whole file, and computes it within the limits of a bundle."""
        found = (self.places or {}).get(place)
        return found is not None and found.error is not None and not found.reasons


@dataclass(frozen=True)
class RivalResult:
    """One network in the file of another converter, `label`; either `refusal` or `places`.

    `findings` are what the table of known faults says of a file that is wrong.
    """

    network: str
    label: str = ""
    refusal: str | None = None
    places: dict[str, Place] | None = None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trained:
    """A network with trained weights on pictures whose classes are known.

    By PyTorch and the places: how many are `right`, and on how many the first class is PyTorch's (`agree`).
    """

    network: str
    pictures: int
    right: dict[str, int]
    agree: dict[str, int]
