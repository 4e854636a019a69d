"""The iOS app's screens and texts are the Android app's."""

import json
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
IOS = REPOSITORY / "ios_demo"
ANDROID_CORE = REPOSITORY / "android_demo" / "core" / "src" / "main"
SWIFT_SCREENS = IOS / "Sources" / "PhoneCore" / "Screens"
KOTLIN_SCREENS = ANDROID_CORE / "kotlin" / "io" / "github" / "efficientmod" / "core" / "screens"
RESOURCES = IOS / "Sources" / "PhoneCore" / "Resources"
TEXTS = ANDROID_CORE / "resources" / "io" / "github" / "efficientmod" / "core" / "texts.json"
ANDROID = pytest.mark.skipif(not KOTLIN_SCREENS.exists(), reason="the Android app's screens are not here")
SCREENS = (
    "BundleState",
    "TryState",
    "CameraState",
    "CameraGeometry",
    "MeasureState",
    "ResultState",
    "SelfCheckState",
    "Charts",
    "Shown",
)


@ANDROID
def test_the_texts_are_the_android_apps() -> None:
    ours, own = (json.loads((RESOURCES / name).read_text()) for name in ("texts.json", "texts_ios.json"))
    assert ours == json.loads(TEXTS.read_text())
    assert ours.keys() == own.keys()


def records(text: str, opening: str, field: str) -> dict[str, list[str]]:
    """The fields of each record of a source: name -> names of its fields, in order."""
    found = {}
    for match in re.finditer(opening, text, re.MULTILINE | re.DOTALL):
        found[match["name"]] = re.findall(field, match["body"], re.MULTILINE)
    return found


@ANDROID
@pytest.mark.parametrize("name", SCREENS)
def test_a_screens_records_are_the_android_apps(name: str) -> None:
    kotlin = records(
        (KOTLIN_SCREENS / f"{name}.kt").read_text(),
        r"^data class (?P<name>\w+)\((?P<body>.*?)^\)",
        r"^ +val (\w+):",
    )
    swift = records(
        (SWIFT_SCREENS / f"{name}.swift").read_text(),
        r"^public struct (?P<name>\w+): .*?\{\n(?P<body>.*?)(?=^\})",
        r"^    public (?:let|var) (\w+)(?:: [^{\n]*| = [^{\n]*)$",
    )
    kotlin = {name: fields for name, fields in kotlin.items() if fields}
    assert kotlin
    for record, fields in kotlin.items():
        if record != "Meter":  # its fields are private in both
            assert swift.get(record) == fields, record


@ANDROID
@pytest.mark.parametrize("name", [screen for screen in SCREENS if screen.endswith("State")])
def test_a_screen_says_what_the_android_app_says(name: str) -> None:
    key = re.compile(r'\bt(?:\.counted|\.known)?\(\s*(?:t, )?"([a-z_.]+)"|"((?:condition|camera|try|bundle)\.[a-z_]+)"')

    def keys(path: Path) -> set[str]:
        found = {first or second for first, second in key.findall(path.read_text())}
        return {name for name in found if not name.endswith(".")}  # what is put together of two parts

    # Core ML's plan; and what Kotlin puts together.
    own = {"result.placement", "try.decode", "try.preprocess", "try.run"}
    kotlin, swift = keys(KOTLIN_SCREENS / f"{name}.kt"), keys(SWIFT_SCREENS / f"{name}.swift")
    assert kotlin
    assert swift - own == kotlin
