"""Two threads that convert at the same time: the second waits for the first."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from torch import fx

from efficientmod_export._stages import ConversionOptions
from efficientmod_export.foreign import converting, quiet, torch_shortcuts
from efficientmod_export.targets import BACKENDS
from efficientmod_mobile.deploy import Program

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
    classifier: Program, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ConversionOptions("fp32", 16, (0.5,) * 3, (0.2, 0.3, 0.4), None, "toy", "A toy network.")
    recompile = fx.GraphModule.recompile
    files: dict[str, bytes] = {}

    def convert(name: str) -> None:
        (tmp_path / name).mkdir()
        with quiet():
            print("noise")
            files[name] = BACKENDS["onnx"].convert(classifier, settings, tmp_path / name).path.read_bytes()

    convert("alone")
    threads = [threading.Thread(target=convert, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert files["one"] == files["other"] == files["alone"]
    assert fx.GraphModule.recompile is recompile
    print("after")
    assert capfd.readouterr() == ("after\n", "")
