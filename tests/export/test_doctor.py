"""The doctor's report on packages and drivers that are installed, missing, or of another version."""

import json
import re
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import Result

from efficientmod_export import _doctor, _vulkan

REQUIREMENTS = [
    "numpy>=2.0",
    'coremltools==9.0; extra == "coreml"',
    'coremltools==9.0; extra == "test"',
    'executorch==1.4.1; extra == "executorch"',
]


@pytest.fixture
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"numpy": "2.4.6", "executorch": "1.3.0", "efficientmod-mobile": "0.1.0"}

    def version(name: str) -> str:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(_doctor.metadata, "requires", lambda _: REQUIREMENTS)
    monkeypatch.setattr(_doctor.metadata, "version", version)


@pytest.mark.usefixtures("_installed")
def test_each_requirement_once_with_its_remedy() -> None:
    numpy, coremltools, executorch = _doctor.examine()
    assert (numpy.satisfied, numpy.remedy) == (True, None)
    assert (coremltools.installed, coremltools.remedy) == (None, 'pip install "efficientmod-mobile[coreml]"')
    assert (executorch.installed, executorch.satisfied) == ("1.3.0", False)
    assert executorch.remedy == 'pip install "efficientmod-mobile[executorch]"'


def software() -> list[str]:
    return [name for name in _vulkan.DRIVERS if _vulkan.installed(name)]


@pytest.mark.skipif(not software(), reason="no software Vulkan driver is installed; run .ci/install_vulkan")
def test_a_driver_tells_its_name_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in software():
        monkeypatch.setenv("VK_ICD_FILENAMES", str(_vulkan.DRIVERS[name]))
        (driver,) = _vulkan.find_drivers()
        assert (driver.file, driver.problem) == (_vulkan.DRIVERS[name], None)
        (device,) = driver.devices
        assert device.software
        assert {"SwiftShader": "SwiftShader", "lavapipe": "llvmpipe"}[name] in device.name
        assert re.match(r"(Mesa )?\d+\.\d+", device.version)
        assert re.fullmatch(r"1\.\d+\.\d+", device.vulkan)


def test_a_damaged_driver_says_why_it_has_no_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    declared = tmp_path / "icd.json"
    declared.write_text(
        '{"file_format_version": "1.0.0", "ICD": {"library_path": "./none.so", "api_version": "1.1.0"}}'
    )
    monkeypatch.setenv("VK_ICD_FILENAMES", str(declared))
    (driver,) = _vulkan.find_drivers()
    assert driver.devices == ()
    assert driver.problem


def test_a_missing_driver_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert [sentence.partition(" names ")[2] for sentence in _vulkan.remedies(())] == [
        "/no-vulkan-driver, which is not there"
    ] * 2
    monkeypatch.delenv("VK_ICD_FILENAMES")
    monkeypatch.setattr(_vulkan, "FOLDERS", (tmp_path,))
    monkeypatch.setattr(_vulkan, "DRIVERS", {name: tmp_path / name for name in _vulkan.DRIVERS})
    assert _vulkan.find_drivers() == ()
    float32, float16 = _vulkan.remedies(())
    assert "apt-get install chromium or mesa-vulkan-drivers" in float32
    assert "apt-get install mesa-vulkan-drivers" in float16


@pytest.mark.parametrize(("version", "old"), [("Mesa 22.3.6", True), ("Mesa 25.0.7-2 (LLVM 15.0.6)", False)])
def test_a_lavapipe_that_is_too_old(version: str, old: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    declared = tmp_path / "lvp_icd.json"
    declared.touch()
    monkeypatch.setenv("VK_ICD_FILENAMES", str(declared))
    device = _vulkan.VulkanDevice("llvmpipe", version, "1.3.230", software=True)
    told = _vulkan.remedies((_vulkan.VulkanDriver(declared, (device,), None),))
    assert [version in sentence and "apt-get install -t" in sentence for sentence in told] == [True] * old


@pytest.mark.skipif(not software(), reason="no software Vulkan driver is installed; run .ci/install_vulkan")
def test_the_command_shows_the_drivers(monkeypatch: pytest.MonkeyPatch, efficientmod: Callable[..., Result]) -> None:
    file = _vulkan.DRIVERS[software()[0]]
    monkeypatch.setenv("VK_ICD_FILENAMES", str(file))
    told = json.loads(efficientmod("doctor", "--json").stdout)["vulkan"]
    assert [driver["file"] for driver in told["drivers"]] == [str(file)]
    shown = efficientmod("doctor").output
    assert f"declared by {file}\n" in shown
    assert told["drivers"][0]["devices"][0]["name"] in shown
