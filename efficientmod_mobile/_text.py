"""Long things in short sentences."""

from collections.abc import Sequence


def shortened(items: Sequence[str], limit: int = 5) -> str:
    """`a, b, c`; past the limit `a, b, c, d, e and 7 more`."""
    text = ", ".join(items[:limit])
    return f"{text} and {len(items) - limit} more" if len(items) > limit else text


def described(error: BaseException) -> str:
    """Another library's error in one line, without a full stop: `ValueError: the first line of what it says`."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.: ')}" if lines else type(error).__name__
