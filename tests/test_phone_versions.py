"""The Android app's versions stand in several files, since it has two builds; they must agree."""

import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
ANDROID = ROOT / "android_demo"
GRADLE = tomllib.loads((ANDROID / "gradle/libs.versions.toml").read_text())
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
POM = (ANDROID / "pom.xml").read_text() + (ANDROID / "app/pom.xml").read_text()


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, pattern
    return found[1]


@pytest.mark.parametrize("name", ["kotlin", "serialization"])
def test_gradle_and_maven_have_one_version(name: str) -> None:
    assert GRADLE["versions"][name] == _found(rf"<{name}.version>(.+?)<", POM)


@pytest.mark.parametrize("name", ["litert", "executorch"])
def test_the_app_reports_the_runtime_that_it_is_built_with(name: str) -> None:
    constants = (ANDROID / "app/src/main/kotlin/io/github/efficientmod/demo/runtime/Versions.kt").read_text()
    assert _found(rf'{name.upper()} = "(.+?)"', constants) == GRADLE["versions"][name]


def test_the_app_runs_the_executorch_that_wrote_the_file() -> None:
    assert EXTRAS["executorch"] == [f"executorch=={GRADLE['versions']['executorch']}"]


def test_the_app_has_a_litert_of_the_range_that_exports_are_proven_with() -> None:
    least, below = re.findall(r"\d+(?:\.\d+)*", EXTRAS["tflite"][0])
    version = tuple(map(int, GRADLE["versions"]["litert"].split(".")))
    assert tuple(map(int, least.split("."))) <= version < tuple(map(int, below.split(".")))


def test_both_builds_have_one_least_and_target_api() -> None:
    linux = (ANDROID / "app/link_resources").read_text()
    assert _found(r"--min-sdk-version (\d+)", linux) == GRADLE["versions"]["minSdk"]
    assert _found(r"--target-sdk-version (\d+)", linux) == GRADLE["versions"]["sdk"]
    assert _found(r"<android-all.version>(\d+)-", POM) == "16", "Android 16 has the API 36"


def test_both_builds_have_one_version_of_the_app() -> None:
    gradle = _found(r'versionName = "(.+?)"', (ANDROID / "app/build.gradle.kts").read_text())
    assert gradle == _found(r"<version>(.+?)</version>", POM)


def test_each_flavour_names_itself_and_has_its_own_executorch() -> None:
    gradle = (ANDROID / "app/build.gradle.kts").read_text()
    flavours = re.findall(r'create\("(.+?)"\)', gradle)
    assert sorted(flavours) == sorted(path.parts[-4] for path in ANDROID.glob("app/src/*/res/values/flavour.xml"))
    for flavour in flavours:
        named = ElementTree.parse(ANDROID / f"app/src/{flavour}/res/values/flavour.xml")
        assert [text.text for text in named.iter("string")] == [flavour]
        assert f'"{flavour}Implementation"(libs.executorch.{flavour})' in gradle


@pytest.mark.parametrize("reference", [use["version"]["ref"] for use in GRADLE["libraries"].values()])
def test_every_library_has_its_version_from_the_table(reference: str) -> None:
    assert reference in GRADLE["versions"]
