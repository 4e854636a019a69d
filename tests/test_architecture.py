"""The rooms import neither in a circle nor upwards, and the picture of them is what the imports are."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

REPOSITORY = Path(__file__).parents[1]
SCRIPT = REPOSITORY / "docs" / "draw_imports.py"
MODULES = {
    "efficientmod_mobile/__init__.py": "",
    "efficientmod_mobile/errors.py": "",
    "efficientmod_mobile/deploy/__init__.py": "from efficientmod_mobile.deploy.folds import fold",
    "efficientmod_mobile/deploy/folds/__init__.py": "from .. import shared\nfrom ... import errors",
    "efficientmod_mobile/deploy/forms/__init__.py": "def late():\n    import efficientmod_mobile.errors",
    "efficientmod_mobile/deploy/shared.py": "import torch",
    "export/efficientmod_export/__init__.py": "from efficientmod_mobile.deploy import fold, forms",
    "export/efficientmod_export/bundle/__init__.py": "from efficientmod_export.parity._inner import value",
    "export/efficientmod_export/parity/__init__.py": "",
    "export/efficientmod_export/parity/_inner.py": "import efficientmod_mobile.errors",
}
"""A small repository: path -> source."""


def draw(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, source in MODULES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    (tmp_path / "docs").mkdir()
    return tmp_path


def test_the_picture_is_what_the_imports_are() -> None:
    done = draw("--check")
    assert done.returncode == 0, done.stderr


def test_the_page_describes_every_room() -> None:
    page = (REPOSITORY / "docs" / "architecture.md").read_text()
    folders = [REPOSITORY / name for name in ("efficientmod_mobile/deploy", "export/efficientmod_export")]
    rooms = [path.parent for folder in folders for path in sorted(folder.glob("*/__init__.py"))]
    names = [room.relative_to(room.parents[1] if room.parent.name == "deploy" else room.parent) for room in rooms]
    assert [name.as_posix() for name in names if f"| `{name.as_posix()}/" not in page] == []


def test_boxes_and_arrows(repository: Path) -> None:
    assert draw("--root", str(repository)).returncode == 0
    tree = ElementTree.parse(repository / "docs" / "imports.svg")
    texts = [element.text for element in tree.iterfind(".//{*}text")]
    assert texts == [
        *("efficientmod_export/", "its own modules", "bundle/", "parity/", "efficientmod_mobile/", "its own modules"),
        *("deploy/", "__init__", "deploy/", "shared", "deploy/folds/", "deploy/forms/"),
    ]
    # bundle -> parity -> mobile; export -> deploy -> folds -> shared, mobile; export -> forms -> mobile
    assert len(tree.findall(".//{*}path[@class='arrow']")) == 8


def test_a_stale_picture_is_told(repository: Path) -> None:
    root = ("--root", str(repository))
    assert draw("--check", *root).returncode == 1
    assert draw(*root).returncode == draw("--check", *root).returncode == 0
    (repository / "export/efficientmod_export/parity/_inner.py").write_text("import efficientmod_mobile.deploy.shared")
    done = draw("--check", *root)
    assert done.returncode == 1
    assert "python docs/draw_imports.py" in done.stderr


@pytest.mark.parametrize(
    ("module", "source", "named"),
    [
        (
            "export/efficientmod_export/parity/_inner.py",
            "\nfrom ..bundle import Manifest",
            [
                "parity/_inner.py:2: efficientmod_export.parity imports efficientmod_export.bundle",
                "bundle/__init__.py:1: efficientmod_export.bundle imports efficientmod_export.parity",
            ],
        ),
        (
            "efficientmod_mobile/deploy/shared.py",
            "from efficientmod_mobile.deploy.folds import fold",
            ["deploy/shared.py:1", "folds/__init__.py:1"],
        ),
        (
            "efficientmod_mobile/errors.py",
            "def late():\n    import efficientmod_export.parity",
            ["errors.py:2: efficientmod_mobile.errors imports efficientmod_export.parity"],
        ),
        (
            "efficientmod_mobile/deploy/forms/__init__.py",
            "from efficientmod_mobile.deploy import folds",
            ["forms/__init__.py:1: efficientmod_mobile.deploy.forms imports efficientmod_mobile.deploy.folds"],
        ),
    ],
    ids=["circle of rooms", "circle with a hall's module", "upwards", "forms import folds"],
)
def test_circles_and_imports_upwards_are_refused(repository: Path, module: str, source: str, named: list[str]) -> None:
    (repository / module).write_text(source)
    done = draw("--root", str(repository))
    assert done.returncode == 1
    assert all(text in done.stderr for text in named), done.stderr
    assert not (repository / "docs" / "imports.svg").exists()
