"""Expects an error of the toolkit by its class and its code, which stay; its words may change."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from efficientmod_mobile.errors import EfficientModError

Kind = TypeVar("Kind", bound=EfficientModError)


@contextmanager
def refused(kind: type[Kind], code: str, *names: str) -> Iterator[pytest.ExceptionInfo[Kind]]:
    """`names` are what the user must find in the message: a file, a target, a value, a command to type."""
    with pytest.raises(kind) as caught:
        yield caught
    assert caught.value.code == code, f"{caught.value.code}, not {code}: {caught.value}"
    for name in names:
        assert name in str(caught.value)
