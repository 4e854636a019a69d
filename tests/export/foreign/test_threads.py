"""Two threads that convert at the same time: the second waits for the first."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from torch import fx

from efficientmod_export.foreign import converting, quiet, torch_shortcuts
from efficientmod_mobile.deploy import Program

Convert = Callable[[str, Program, Path], Path]

LONG_ENOUGH = 30.0
SHORT = 0.3


@pytest.mark.parametrize(
    "block", [quiet, torch_shortcuts, lambda: converting("onnx")], ids=["quiet", "shortcuts", "converting"]
)
def test_the_second_waits(block: Callable[[], AbstractContextManager[None]]) -> None:
    entered, inside = threading.Event(), []

    def second() -> None:
        with block():
            inside.append(threading.get_ident())
            entered.set()

    with block():
        thread = threading.Thread(target=second, daemon=True)
        thread.start()
        assert not entered.wait(SHORT)
        with block():  # the first may enter again
            assert not inside
    assert entered.wait(LONG_ENOUGH)
    thread.join(LONG_ENOUGH)


def test_two_conversions_at_once(
    classifier: Program, convert: Convert, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recompile = fx.GraphModule.recompile
    files: dict[str, bytes] = {}

    def work(name: str) -> None:
        with quiet():
            print("noise")
            files[name] = convert("onnx", classifier, tmp_path / name).read_bytes()

    work("alone")
    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert files["one"] == files["other"] == files["alone"]
    assert fx.GraphModule.recompile is recompile
    print("after")
    assert capfd.readouterr() == ("after\n", "")
