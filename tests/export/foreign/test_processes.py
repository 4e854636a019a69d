"""Pieces of work in processes: what they give, how they crash, and what is raised."""

import faulthandler
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from efficientmod_export.foreign import run_apart
from efficientmod_mobile.errors import ConversionError

from ...raising import refused

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the pieces run in this process")

Report = Callable[[str], None]
Give = Callable[[int], None]


class NeedsTwoError(Exception):
    """An error that cannot be pickled."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__("needs two")


def squares(report: Report, give: Give) -> None:
    for number in (2, 3):
        report(f"squares: {number}")
        give(number * number)


def process(report: Report, give: Give) -> None:
    give(os.getpid())


def kills(number: int) -> Callable[[Report, Give], None]:
    def work(report: Report, give: Give) -> None:
        give(1)
        faulthandler.disable()  # pytest's, which would print this process's stack
        os.kill(os.getpid(), number)

    return work


def raises(error: BaseException) -> Callable[[Report, Give], None]:
    def work(report: Report, give: Give) -> None:
        raise error

    return work


def test_results_are_in_the_order_of_the_pieces_and_stages_are_reported_here() -> None:
    stages: list[str] = []
    ended = run_apart({"first": squares, "second": process, "third": process}, stages.append)
    assert list(ended) == ["first", "second", "third"]
    assert ended["first"].results == [4, 9]
    assert stages == ["squares: 2", "squares: 3"]
    assert len({os.getpid(), *ended["second"].results, *ended["third"].results}) == 3


@pytest.mark.parametrize(
    ("number", "told"),
    [(signal.SIGSEGV, "SIGSEGV"), (signal.SIGABRT, "SIGABRT"), (signal.SIGKILL, "when memory runs out")],
)
def test_a_crash_costs_its_piece_what_it_had_not_given(number: int, told: str) -> None:
    ended = run_apart({"crashes": kills(number), "goes on": squares}, print)
    assert ended["crashes"].results == [1]
    assert told in (ended["crashes"].crash or "")
    assert (ended["goes on"].results, ended["goes on"].crash) == ([4, 9], None)


def test_a_converter_that_ends_its_process() -> None:
    ended = run_apart({"leaves": raises(SystemExit(3))}, print)
    assert ended["leaves"].crash == "it left with exit code 3"


def test_an_error_is_raised_here_with_its_fields_and_where_it_came_from() -> None:
    failing = raises(ConversionError("convolution_7 is too large", code="out_of_memory"))
    with refused(ConversionError, "out_of_memory", "convolution_7") as caught:
        run_apart({"fails": failing, "other": squares}, print)
    assert "test_processes.py" in "".join(caught.value.__notes__)


def test_a_full_disk_keeps_its_number() -> None:
    with pytest.raises(OSError, match="full") as caught:
        run_apart({"fails": raises(OSError(28, "full", "/somewhere"))}, print)
    assert (caught.value.errno, caught.value.filename) == (28, "/somewhere")


def test_an_error_that_cannot_be_pickled_is_still_told() -> None:
    with pytest.raises(RuntimeError, match="needs two"):
        run_apart({"fails": raises(NeedsTwoError(1, 2))}, print)


def test_an_error_ends_the_other_pieces(tmp_path: Path) -> None:
    def writes_when_interrupted(report: Report, give: Give) -> None:
        try:
            report("waits")
            time.sleep(60)
        finally:
            (tmp_path / "cleaned").touch()

    def fails_when_told(stage: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_apart({"waits": writes_when_interrupted}, fails_when_told)
    assert (tmp_path / "cleaned").exists()


def test_a_piece_computes_after_this_process_used_many_threads() -> None:
    torch.set_num_threads(4)
    try:
        torch.rand(512, 512) @ torch.rand(512, 512)

        def multiply(report: Report, give: Give) -> None:
            give(int((torch.ones(512, 512) @ torch.ones(512, 512))[0, 0]))

        assert run_apart({"multiplies": multiply}, print)["multiplies"].results == [512]
    finally:
        torch.set_num_threads(1)
