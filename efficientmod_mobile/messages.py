"""Text for error messages: long lists shortened, and another library's error in one line."""

from collections.abc import Sequence

__all__ = ["described", "first_line", "printable", "shortened"]


_LONGEST = 500
"""Characters of another library's error."""


def shortened(items: Sequence[str], limit: int = 5) -> str:
    """`a, b, c`; past the limit `a, b, c, d, e and 7 more`."""
    text = ", ".join(items[:limit])
    return f"{text} and {len(items) - limit} more" if len(items) > limit else text


def first_line(error: BaseException) -> str:
    """The first line of an error's text that has a letter or digit, without its end punctuation; else its class."""
    return _first_line(error) or type(error).__name__


def described(error: BaseException) -> str:
    """The class and the first line of an error: `ValueError: axis 3 is out of range`; the class alone without text."""
    line = _first_line(error)
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def _first_line(error: BaseException) -> str | None:
    """Not endless: some errors have tensors in them."""
    lines = (line.strip().rstrip(".: ") for line in str(error).splitlines())
    found = next((line for line in lines if any(map(str.isalnum, line))), None)
    plain = None if found is None else printable(found)
    return plain if plain is None or len(plain) <= _LONGEST else f"{plain[:_LONGEST]} ..."


def printable(text: str) -> str:
    """A text from a file as a terminal may show it: without control characters, its white space single blanks."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
