"""The exceptions of converters, and the toolkit's errors for them."""

import contextlib
import errno
import signal
import threading
from pathlib import Path

import pytest

from efficientmod_export.foreign import converting, loading
from efficientmod_mobile.errors import BundleError, ConversionError, DependencyError, InputError

from ...raising import refused


def test_the_first_useful_line_of_the_deepest_cause_is_shown() -> None:
    cause = NotImplementedError("\n  \n---\nNo kernel for aten.foo.\nat file.cc:12")
    with (
        refused(ConversionError, "conversion_failed", "tflite: No kernel for aten.foo;") as caught,
        converting("tflite"),
    ):
        raise RuntimeError("Failed.\n# Advice\n...") from cause
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_a_file_that_does_not_load_is_named() -> None:
    with refused(ConversionError, "loading_failed", "model.pte", "bad magic"), loading(Path("out/model.pte")):
        raise RuntimeError("bad magic")


def test_a_file_that_may_not_be_read_is_named() -> None:
    path = Path("out/model.pte")
    with refused(BundleError, "unreadable_artifact", "model.pte", "Permission denied"), loading(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))
    with pytest.raises(PermissionError), loading(path):
        raise PermissionError(errno.EACCES, "Permission denied", "/tmp/elsewhere")


def test_an_error_without_a_message_is_named_by_its_class() -> None:
    with refused(ConversionError, "conversion_failed", "ZeroDivisionError"), converting("onnx"):
        raise ZeroDivisionError


def test_the_toolkits_own_errors_pass() -> None:
    with refused(InputError, "some_code"), converting("onnx"):
        raise InputError("no", code="some_code")


def test_a_package_that_does_not_load_is_a_dependency_error() -> None:
    with refused(DependencyError, "broken_package", "libfoo.so"), converting("onnx"):
        raise ImportError("libfoo.so: undefined symbol", name="onnx")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_errors_of_the_disk_pass_unchanged(code: int) -> None:
    with pytest.raises(OSError, match="disk") as caught, converting("coreml"):
        raise OSError(code, "disk")
    assert caught.value.errno == code


def test_a_full_disk_that_c_code_reports_in_a_message_is_an_oserror() -> None:
    with pytest.raises(OSError, match="No space left") as caught, converting("coreml"):
        raise RuntimeError("blob_writer.cc: No space left on device (28)")
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.parametrize(
    "words",
    [
        "filesystem error: cannot copy: Input/output error [/tmp/a] [/out/b]",
        "[MIL FileWriter]: Unknown error occurred while writing data to the file.",
    ],
)
def test_coremltools_messages_on_a_full_disk_become_an_oserror(words: str) -> None:
    with pytest.raises(OSError, match="disk may be full"), converting("coreml"):
        raise RuntimeError(words)


def test_another_oserror_is_a_failed_conversion() -> None:
    with refused(ConversionError, "conversion_failed", "No such file"), converting("coreml"):
        raise FileNotFoundError(errno.ENOENT, "No such file", "x")


def test_an_interrupt_passes() -> None:
    with pytest.raises(KeyboardInterrupt), converting("coreml"):
        raise KeyboardInterrupt


def swallow_an_interrupt() -> None:
    with contextlib.suppress(BaseException):  # the bare `except:` of coremltools
        signal.raise_signal(signal.SIGINT)


def test_an_interrupt_that_a_converter_swallows_ends_it_all_the_same() -> None:
    with pytest.raises(KeyboardInterrupt), converting("coreml"):
        swallow_an_interrupt()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_breaks_an_import_is_no_missing_package() -> None:
    def half_import() -> None:
        swallow_an_interrupt()
        raise ImportError("half imported")

    with pytest.raises(KeyboardInterrupt), converting("coreml"):
        half_import()


def test_an_interrupt_that_is_ignored_stays_so() -> None:
    earlier = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with converting("coreml"):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, earlier)


def test_a_conversion_beside_the_main_thread() -> None:
    errors: list[Exception] = []

    def convert() -> None:
        try:
            with converting("coreml"):
                raise ZeroDivisionError
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=convert)
    thread.start()
    thread.join()
    assert [type(error) for error in errors] == [ConversionError]
