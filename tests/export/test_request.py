"""What an export refuses to be asked, one by one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from efficientmod_export._network_inputs import parse_resolution
from efficientmod_export._request import ALL, ExportRequest, read_labels, select_variants
from efficientmod_export.targets import target_names
from efficientmod_mobile.errors import InputError

from ..raising import refused


def request(**changes: object) -> ExportRequest:
    values = {"model": "efficientmod_xxs", "checkpoint": None, "targets": ("tflite",), "output": Path("out")}
    return ExportRequest(**{**values, **changes})  # type: ignore[arg-type]


def names(**changes: object) -> list[str]:
    """Of the variants that are made, where no precision is lacking."""
    selection = select_variants(request(**changes))
    assert selection.lacking == ()
    return [variant.name for variant in selection.variants]


def test_all_is_every_target_of_a_phone_once() -> None:
    assert names(targets=("tflite", "all", "tflite")) == ["coreml", "executorch", "tflite"]
    assert names(targets=("tflite", "onnx")) == ["onnx", "tflite"]
    assert names(targets=("all", "executorch-vulkan")) == ["coreml", "executorch", "executorch-vulkan", "tflite"]


def test_every_target_can_be_asked_for_and_makes_its_default() -> None:
    assert names(targets=target_names()) == list(target_names())


def test_every_precision_that_is_asked_for_is_made_once() -> None:
    asked = ("fp16", "fp32", "fp16")
    assert names(targets=("tflite", "coreml"), precisions=asked) == ["coreml", "coreml fp32", "tflite", "tflite fp16"]
    assert names(targets=("coreml",), precisions=("fp32",)) == ["coreml fp32"]


def test_a_target_without_a_precision_is_reported_and_the_others_are_made() -> None:
    selection = select_variants(request(targets=("all",), precisions=("fp16",)))
    assert [variant.name for variant in selection.variants] == ["coreml", "tflite fp16"]
    assert selection.lacking == ("executorch has no precision fp16, only fp32 and int8-dynamic.",)

    selection = select_variants(request(targets=("onnx", "tflite"), precisions=("fp32", "fp16")))
    assert [variant.name for variant in selection.variants] == ["onnx", "tflite", "tflite fp16"]
    assert selection.lacking == ("onnx has no precision fp16, only fp32.",)


@pytest.mark.parametrize(
    ("changes", "code", "names"),
    [
        ({"targets": ()}, "no_target_named", ["coreml"]),
        ({"targets": ("tensorrt",)}, "unknown_target", ["tensorrt"]),
        ({"targets": ("coreml",), "ios": 14}, "unsupported_ios", ["coreml", "iOS 14", "15, 16, 17, 18"]),
        ({"targets": ("executorch-coreml",), "ios": 15}, "unsupported_ios", ["iOS 15", "16, 17, 18"]),
        ({"targets": ("executorch_coreml",)}, "unknown_target", ["executorch_coreml"]),
        ({"targets": ("executorch-qnn", "tflite")}, "unknown_target", ["executorch-qnn", "coreml, executorch, "]),
        (
            {"targets": ("onnx",), "precisions": ("fp16",)},
            "unsupported_precision",
            ["fp16", "onnx", "fp32"],
        ),
        (
            {"targets": ("executorch", "onnx"), "precisions": ("fp16",)},
            "unsupported_precision",
            ["executorch has no precision fp16, only fp32", "onnx has no precision", "--precision"],
        ),
        ({"precisions": ("fp32", "int3")}, "unknown_precision", ["int3", "fp16, fp32"]),
    ],
)
def test_refusals_name_what_is_wrong(changes: dict[str, object], code: str, names: list[str]) -> None:
    with refused(InputError, code, *names):
        select_variants(request(**changes))


def test_every_target_is_in_the_help(efficientmod: Callable[..., Result]) -> None:
    shown = " ".join(efficientmod("export", "--help").output.replace("│", " ").split())
    assert f"{', '.join((*target_names(), ALL))}; by default all, may be repeated" in shown


def test_keeping_the_onnx_file_makes_it_a_target() -> None:
    assert names(targets=("tflite",), keep_onnx=True) == ["onnx", "tflite"]


def test_a_resolution_is_height_then_width() -> None:
    assert parse_resolution("224") == (224, 224)
    assert parse_resolution("256x192") == (256, 192)


@pytest.mark.parametrize("text", ["", "0", "224x", "x224", "-32", "224x224x3", "22.4", "a", "224x0", "999999", "٢٢٤"])
def test_what_is_no_resolution(text: str) -> None:
    with refused(InputError, "invalid_resolution", repr(text)):
        parse_resolution(text)


def test_labels_are_stripped_lines(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_bytes("tench \r\nHündin\r\ncat\n\n".encode())
    assert read_labels(file, 3) == ("tench", "Hündin", "cat")


def test_a_byte_order_mark_is_no_part_of_a_label(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_text("tench\ncat\n", encoding="utf-8-sig")
    assert read_labels(file, 2) == ("tench", "cat")


@pytest.mark.parametrize(
    ("content", "classes", "code", "names"),
    [
        (b"a\nb\n", 3, "wrong_label_count", ["labels.txt", "2 lines", "3 classes"]),
        (b"a\n\nc\n", 3, "empty_label", ["labels.txt", "Line 2"]),
        (b"a\nb\0c\n", 2, "empty_label", ["labels.txt", "Line 2"]),
        (b"a\nb\tc\n", 2, "empty_label", ["labels.txt", "Line 2"]),
        (b"\xff\xfe\n", 1, "unreadable_labels", ["labels.txt", "UTF-8"]),
        (b"a\n", None, "unexpected_labels", ["--labels"]),
    ],
)
def test_labels_that_do_not_fit(
    tmp_path: Path, content: bytes, classes: int | None, code: str, names: list[str]
) -> None:
    file = tmp_path / "labels.txt"
    file.write_bytes(content)
    with refused(InputError, code, *names):
        read_labels(file, classes)


def test_labels_that_are_not_there(tmp_path: Path) -> None:
    with refused(InputError, "unreadable_labels", "labels.txt"):
        read_labels(tmp_path / "labels.txt", 3)
