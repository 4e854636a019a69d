"""The stubs of the runtimes declare what the Android app calls and nothing else, and say where they were read."""

import re
from pathlib import Path

import pytest

ANDROID = Path(__file__).resolve().parents[1] / "android_demo"
STUBS = sorted((ANDROID / "stubs/src/main/kotlin").rglob("*.kt"))
APP = ANDROID / "app/src/main/kotlin/io/github/efficientmod/demo"
ADAPTERS = sorted((APP / "runtime").glob("*.kt"))
ONLY_ON_A_PHONE = [
    *ADAPTERS,
    *sorted(file for folder in ("device", "files", "picture") for file in (APP / folder).glob("*.kt")),
    APP / "screens/CameraControl.kt",
]
CALLS = "\n".join(file.read_text() for file in ADAPTERS)


def _declared(kind: str) -> list[tuple[str, str]]:
    return [(file.name, name) for file in STUBS for name in re.findall(kind, file.read_text())]


def test_there_are_stubs_and_adapters() -> None:
    assert len(STUBS) >= 6
    assert len(ADAPTERS) >= 3


@pytest.mark.parametrize("file", STUBS, ids=lambda file: file.name)
def test_a_stub_says_which_file_of_which_commit_it_was_read_in(file: Path) -> None:
    head = file.read_text().split("package ")[0]
    assert re.search(r"\b[0-9a-f]{40}\b", head), head
    assert re.search(r"[\w/]+\.kt\b", head), head


FUNCTIONS = _declared(r"\bfun (\w+)")
VALUES = _declared(r"(?m)^ +(?:\w+ )*va[lr] (\w+)[^,\n]*$")


# A constructor's parameters with defaults are all declared: their number is part of the compiled call.
@pytest.mark.parametrize(("file", "name"), [*FUNCTIONS, *VALUES])
def test_every_function_and_value_is_used(file: str, name: str) -> None:
    assert re.search(rf"\b{name}\b", CALLS), f"{file} declares {name}, and nothing uses it"


@pytest.mark.parametrize(("file", "name"), _declared(r"\bclass (\w+)"))
def test_every_class_is_named_by_the_app_or_in_a_signature(file: str, name: str) -> None:
    signatures = sum(len(re.findall(rf"\b{name}\b", stub.read_text())) for stub in STUBS)
    assert re.search(rf"\b{name}\b", CALLS) or signatures > 1, f"{file} declares {name}, and nothing needs it"


@pytest.mark.parametrize("file", ONLY_ON_A_PHONE, ids=lambda file: file.name)
def test_what_only_a_phone_shows_is_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) < 120


@pytest.mark.parametrize("file", ADAPTERS, ids=lambda file: file.name)
def test_a_runtimes_adapter_decides_nothing(file: Path) -> None:
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", file.read_text(), flags=re.DOTALL)
    assert not re.findall(r"\b(?:if|when|for|while|catch)\b", code)
