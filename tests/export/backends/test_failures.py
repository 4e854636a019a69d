"""What converters raise, and what the toolkit makes of it."""

import errno
from pathlib import Path

import pytest

from efficientmod_export.backends._failures import converting, loading
from efficientmod_mobile.errors import ConversionError, DependencyError, InputError


def test_the_first_useful_line_of_the_deepest_cause_is_told() -> None:
    cause = NotImplementedError("\n  \n---\nNo kernel for aten.foo.\nat file.cc:12")
    sentence = r"^The network cannot be converted to tflite: No kernel for aten\.foo; change"
    with pytest.raises(ConversionError, match=sentence) as caught, converting("tflite"):
        raise RuntimeError("Failed.\n# Advice\n...") from cause
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_a_file_that_does_not_load_is_named() -> None:
    sentence = r"^model\.pte cannot be loaded: bad magic; export it again\.$"
    with pytest.raises(ConversionError, match=sentence), loading(Path("out/model.pte")):
        raise RuntimeError("bad magic")


def test_an_error_without_words_is_told_by_its_class() -> None:
    with pytest.raises(ConversionError, match="ZeroDivisionError"), converting("onnx"):
        raise ZeroDivisionError


def test_the_toolkits_own_errors_pass() -> None:
    with pytest.raises(InputError, match=r"^no$"), converting("onnx"):
        raise InputError("no")


def test_a_package_that_does_not_load_is_a_dependency_error() -> None:
    with pytest.raises(DependencyError, match=r"libfoo\.so"), converting("onnx"):
        raise ImportError("libfoo.so: undefined symbol", name="onnx")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_the_disks_complaints_pass_as_they_are(code: int) -> None:
    with pytest.raises(OSError, match="disk") as caught, converting("coreml"):
        raise OSError(code, "disk")
    assert caught.value.errno == code


def test_a_full_disk_that_c_code_told_of_in_words_is_an_oserror() -> None:
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
def test_what_coremltools_says_of_a_full_disk_is_an_oserror(words: str) -> None:
    with pytest.raises(OSError, match="disk may be full"), converting("coreml"):
        raise RuntimeError(words)


def test_another_oserror_is_a_failed_conversion() -> None:
    with pytest.raises(ConversionError, match=r"No such file"), converting("coreml"):
        raise FileNotFoundError(errno.ENOENT, "No such file", "x")


def test_an_interrupt_passes() -> None:
    with pytest.raises(KeyboardInterrupt), converting("coreml"):
        raise KeyboardInterrupt
