"""The check of the Android app's APK refuses what it should."""

import importlib.util
import struct
from pathlib import Path

import pytest

_FILE = Path(__file__).resolve().parents[1] / "android_demo/check_apk.py"
_SPEC = importlib.util.spec_from_file_location("check_apk", _FILE)
assert _SPEC
assert _SPEC.loader
check_apk = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(check_apk)

Element = tuple[int, str, dict[str, str]]
GOOD: list[Element] = [
    (2, "manifest", {}),
    (4, "uses-sdk", {"minSdkVersion": "0x1a", "targetSdkVersion": "0x24"}),
    (4, "uses-permission", {"name": "android.permission.CAMERA"}),
    (4, "application", {}),
    (6, "activity", {"name": ".MainActivity", "exported": "true"}),
    (6, "activity", {"name": ".HeadlessActivity", "exported": "true", "permission": "android.permission.DUMP"}),
    (6, "provider", {"name": ".files.ReportsProvider", "exported": "false"}),
]


def _with(index: int, **attributes: str) -> list[Element]:
    depth, name, old = GOOD[index]
    return [*GOOD[:index], (depth, name, old | attributes), *GOOD[index + 1 :]]


def test_the_manifest_as_it_is_passes() -> None:
    assert check_apk.manifest_problems(GOOD) == []


@pytest.mark.parametrize(
    ("elements", "named"),
    [
        ([*GOOD, (4, "uses-permission", {"name": "android.permission.INTERNET"})], "INTERNET"),
        ([*GOOD, (4, "uses-permission-sdk-23", {"name": "android.permission.READ_CONTACTS"})], "READ_CONTACTS"),
        (_with(6, exported="true"), "ReportsProvider"),
        (_with(5, permission=""), "HeadlessActivity"),
        ([*GOOD, (6, "receiver", {"name": ".Receiver", "exported": "0xffffffff"})], "Receiver"),
        (_with(1, targetSdkVersion="0x23"), "35"),
        (_with(3, debuggable="true"), "debuggable"),
    ],
)
def test_a_manifest_that_opens_more_is_refused(elements: list[Element], named: str) -> None:
    problems = check_apk.manifest_problems(elements)
    assert len(problems) == 1
    assert named in problems[0]


def _dex(*descriptors: str) -> bytes:
    """A dex file's tables of strings, types and classes, and no more."""
    count = len(descriptors)
    strings, types, classes = 0x70, 0x70 + 4 * count, 0x70 + 8 * count
    data = classes + 32 * count
    offsets, content = [], b""
    for descriptor in descriptors:
        offsets.append(data + len(content))
        content += bytes([len(descriptor)]) + descriptor.encode() + b"\0"
    header = bytearray(0x70)
    struct.pack_into("<I", header, 0x3C, strings)
    struct.pack_into("<I", header, 0x44, types)
    struct.pack_into("<II", header, 0x60, count, classes)
    tables = struct.pack(f"<{count}I", *offsets) + struct.pack(f"<{count}I", *range(count))
    definitions = b"".join(struct.pack("<I", index) + bytes(28) for index in range(count))
    return bytes(header) + tables + definitions + content


def test_the_classes_of_a_dex_file_are_found() -> None:
    names = ("Lio/github/efficientmod/demo/MainActivity;", "Lcom/google/ai/edge/litert/CompiledModel;")
    assert check_apk.defined_classes(_dex(*names)) == list(names)


def test_a_stub_in_the_apk_is_refused(tmp_path: Path) -> None:
    import zipfile

    apk = tmp_path / "app.apk"
    with zipfile.ZipFile(apk, "w") as archive:
        archive.writestr("classes.dex", _dex("Lorg/pytorch/executorch/Module;"))
        archive.writestr("resources.arsc", b"")
    problems = check_apk.content_problems(apk)
    assert len(problems) == 2
    assert "texts.json" in problems[0]
    assert "Lorg/pytorch/executorch/Module;" in problems[1]
