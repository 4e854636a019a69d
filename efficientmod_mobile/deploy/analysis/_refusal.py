"""The reason why a network cannot be rewritten at one node."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refuse:
    """Why a transform does not apply at a node where it would have something to do."""

    reason: str
