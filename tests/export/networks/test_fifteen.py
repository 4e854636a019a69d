"""The fifteen networks: right values in every target, or one sentence that says what to do."""

import re
from collections.abc import Callable

import pytest
import torch
from torch import nn

from .attempts import TARGETS, Try
from .fifteen import INPUTS, REFUSED, RIGHT

LIMIT = 1e-5
"""Of float32 files: what is left is the order of sums."""

QUICK = ("class_map", "one_tensor_twice", "tied_transposed")


def _marked(build: Callable[[], nn.Module]) -> object:
    marks = () if build.__name__ in QUICK else pytest.mark.slow
    return pytest.param(build, marks=marks, id=build.__name__)


@pytest.mark.parametrize("build", [_marked(build) for build in RIGHT])
def test_a_network_that_every_target_has(attempt: Try, build: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    found = attempt(build(), inputs=INPUTS.get(build, ()))
    assert {name: one.refusal for name, one in found.items() if one.error is None} == {}
    assert {name: one.error for name, one in found.items() if not (one.error or 0) <= LIMIT} == {}
    assert set(found) == set(TARGETS)


@pytest.mark.parametrize(("build", "says"), list(REFUSED.items()), ids=lambda item: getattr(item, "__name__", ""))
def test_a_network_that_no_target_has(attempt: Try, build: Callable[[], nn.Module], says: str) -> None:
    torch.manual_seed(0)
    for one in attempt(build()).values():
        assert one.error is None
        assert re.search(says, one.refusal)


def test_there_are_fifteen() -> None:
    assert len({*RIGHT, *REFUSED}) == 15
