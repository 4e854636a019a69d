"""The small bundle of the vectors, which was written by hand, to read and to break."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[3] / "vectors" / "bundle"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the vectors' bundle."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "out"))


@pytest.fixture
def document() -> Any:
    """Its manifest as JSON."""
    return json.loads((EXAMPLE / "manifest.json").read_bytes())


@pytest.fixture
def rewrite(example: Path, document: Any) -> Callable[[], Path]:
    """Write the changed `document` into `example`."""

    def write() -> Path:
        (example / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
        return example

    return write
