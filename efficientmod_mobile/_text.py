"""Long lists in short sentences."""

from collections.abc import Sequence


def shortened(items: Sequence[str], limit: int = 5) -> str:
    """`a, b, c`; past the limit `a, b, c, d, e and 7 more`."""
    text = ", ".join(items[:limit])
    return f"{text} and {len(items) - limit} more" if len(items) > limit else text
