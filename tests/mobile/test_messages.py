"""Errors of other libraries in one line, and long lists shortened."""

import pytest

from efficientmod_mobile.messages import described, first_line, shortened


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("axis 3 is out of range.\nat file.cc:12"), "axis 3 is out of range"),
        (NotImplementedError("\n  \n---\nNo kernel for aten.foo:\n"), "No kernel for aten.foo"),
        (ValueError(" ...\n"), "ValueError"),
        (ZeroDivisionError(), "ZeroDivisionError"),
    ],
)
def test_the_first_line_that_says_something(error: Exception, line: str) -> None:
    assert first_line(error) == line


def test_a_description_has_the_class_once() -> None:
    assert described(ValueError("axis 3 is out of range.\nat file.cc:12")) == "ValueError: axis 3 is out of range"
    assert described(ZeroDivisionError()) == "ZeroDivisionError"


def test_a_long_list_is_shortened() -> None:
    assert shortened(["a", "b"]) == "a, b"
    assert shortened(["a", "b", "c", "d"], limit=3) == "a, b, c and 1 more"


def test_a_line_can_be_shown() -> None:
    assert first_line(ValueError("a\x1b[31mred\x07!")) == "a [31mred !"
    assert len(first_line(ValueError("x" * 9999))) < 600
