"""No output of a converter reaches the terminal, however it is written; and the terminal is restored."""

import ctypes
import logging
import os
import subprocess
import sys
import warnings

import pytest

from efficientmod_export.foreign import quiet, terminal


def make_noise() -> None:
    """Every way that a converter has."""
    print("python stdout")
    print("python stderr", file=sys.stderr)
    os.write(1, b"descriptor 1\n")
    os.write(2, b"descriptor 2\n")
    libc = ctypes.CDLL(None)
    libc.puts(b"C stdio")  # stays in C's buffer until it is flushed
    subprocess.run([sys.executable, "-S", "-c", "print('child process')"], check=True)
    logging.getLogger("converter").warning("logged")
    warnings.warn("warned", stacklevel=1)


def open_descriptors() -> set[int]:
    return {number for number in range(256) if _is_open(number)}


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_nothing_is_shown_and_the_terminal_is_restored(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet():
        make_noise()
    print("after")
    os.write(2, b"after, too\n")
    ctypes.CDLL(None).fflush(None)
    assert capfd.readouterr() == ("after\n", "after, too\n")


def test_output_to_a_terminal_opened_before_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with terminal() as stream, quiet():
        print("noise")
        stream.write("progress\n")
    assert capfd.readouterr() == ("", "progress\n")


def test_streams_that_are_no_descriptors_are_quiet_too(capsys: pytest.CaptureFixture[str]) -> None:
    with quiet():
        print("noise")
    print("after")
    assert capsys.readouterr() == ("after\n", "")


def test_a_handler_made_inside_works_on_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.Logger("made inside")
    with quiet():
        logger.addHandler(logging.StreamHandler())
        logger.warning("inside")
    logger.warning("outside")
    assert capsys.readouterr() == ("", "outside\n")


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_an_exception_has_the_last_output_as_a_note_and_restores_all(
    kind: type[BaseException], capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        print("first")
        os.write(2, b"10%\r100%\nlast\n")
        raise kind

    descriptors = open_descriptors()
    with pytest.raises(kind) as caught, quiet():
        fail()
    assert caught.value.__notes__ == ["The end of the converter's output:\nfirst\n100%\nlast"]
    assert open_descriptors() == descriptors
    print("after")
    assert capfd.readouterr() == ("after\n", "")


def test_an_exception_without_output_has_no_note() -> None:
    with pytest.raises(ValueError, match=r"^x$") as caught, quiet():
        raise ValueError("x")
    assert not hasattr(caught.value, "__notes__")


def test_blocks_nest(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet():
        with quiet():
            print("inner")
        print("outer")
    print("after")
    assert capfd.readouterr() == ("after\n", "")


def test_warnings_do_not_raise_inside_and_do_again_outside() -> None:
    with quiet():
        warnings.warn("inside", stacklevel=1)
    with pytest.raises(UserWarning, match="outside"):
        warnings.warn("outside", stacklevel=1)
