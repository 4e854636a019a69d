"""What the doctor says of packages that are there, missing, or of another version."""

from importlib import metadata

import pytest

from efficientmod_export import _doctor

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
