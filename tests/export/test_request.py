"""What an export refuses to be asked, one by one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from efficientmod_export._request import (
    ALL,
    EXECUTORCH_TARGETS,
    NAMED,
    ExportRequest,
    check_request,
    parse_resolution,
    read_labels,
)
from efficientmod_export.targets import BACKENDS
from efficientmod_mobile.errors import InputError


def request(**changes: object) -> ExportRequest:
    values = {"model": "efficientmod_xxs", "checkpoint": None, "targets": ("tflite",), "output": Path("out")}
    return ExportRequest(**{**values, **changes})  # type: ignore[arg-type]


def test_all_is_every_target_of_a_phone_once() -> None:
    assert check_request(request(targets=("tflite", "all", "tflite"))).targets == ("coreml", "executorch", "tflite")
    assert check_request(request(targets=("tflite", "onnx"))).targets == ("onnx", "tflite")


@pytest.mark.parametrize("backend", EXECUTORCH_TARGETS)
def test_executorchs_backend_chooses_the_target_in_the_bundle(backend: str) -> None:
    asked = request(targets=("all",), executorch_backend=backend)
    assert check_request(asked).targets == ("coreml", EXECUTORCH_TARGETS[backend], "tflite")


def test_every_backend_can_be_asked_for() -> None:
    assert {*NAMED, *EXECUTORCH_TARGETS.values()} == set(BACKENDS)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"targets": ()}, "No target was named"),
        ({"targets": ("tensorrt",)}, "tensorrt"),
        ({"targets": ("coreml",), "ios": 14}, "coreml target cannot be made for iOS 14; choose from 15, 16, 17, 18"),
        ({"targets": ("executorch",), "executorch_backend": "coreml", "ios": 15}, "for iOS 15; choose from 16, 17, 18"),
        ({"targets": ("coreml", "onnx"), "precision": "fp16"}, "no fp16 form of onnx"),
        ({"targets": ("executorch-coreml",)}, "No target is named executorch-coreml"),
        ({"targets": ("executorch",), "executorch_backend": "qnn"}, "no backend qnn here; choose from xnnpack, coreml"),
        ({"targets": ("tflite",), "executorch_backend": "vulkan"}, "add --target executorch"),
        ({"targets": ("executorch",), "executorch_backend": "vulkan", "precision": "fp16"}, "of executorch-vulkan"),
    ],
)
def test_refusals_name_what_is_wrong(changes: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        check_request(request(**changes))


def test_every_target_is_in_the_help(efficientmod: Callable[..., Result]) -> None:
    shown = " ".join(efficientmod("export", "--help").output.replace("│", " ").split())
    assert f"{', '.join((*NAMED, ALL))}; may be repeated" in shown


def test_keeping_the_onnx_file_makes_it_a_target() -> None:
    assert check_request(request(targets=("tflite",), keep_onnx=True)).targets == ("onnx", "tflite")


def test_a_resolution_is_height_then_width() -> None:
    assert parse_resolution("224") == (224, 224)
    assert parse_resolution("256x192") == (256, 192)


@pytest.mark.parametrize("text", ["", "0", "224x", "x224", "-32", "224x224x3", "22.4", "a", "224x0", "999999", "٢٢٤"])
def test_what_is_no_resolution(text: str) -> None:
    with pytest.raises(InputError, match="is not a resolution"):
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
    ("content", "classes", "says"),
    [
        (b"a\nb\n", 3, "has 2 lines, but the network has 3 classes"),
        (b"a\n\nc\n", 3, "Line 2 of the label file .* is empty"),
        (b"a\nb\0c\n", 2, "Line 2"),
        (b"\xff\xfe\n", 1, "not UTF-8"),
        (b"a\n", None, "no classifier"),
    ],
)
def test_labels_that_do_not_fit(tmp_path: Path, content: bytes, classes: int | None, says: str) -> None:
    file = tmp_path / "labels.txt"
    file.write_bytes(content)
    with pytest.raises(InputError, match=says):
        read_labels(file, classes)


def test_labels_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_labels(tmp_path / "labels.txt", 3)
