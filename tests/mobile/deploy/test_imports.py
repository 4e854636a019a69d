"""The four packages of `deploy` import each other in one direction; folds and forms never import each other."""

import ast
from pathlib import Path

import pytest

from efficientmod_mobile import deploy

PACKAGE = Path(deploy.__file__).parent
PREFIX = "efficientmod_mobile.deploy"
ROOMS = {"program", "analysis", "folds", "forms"}
SHARED = {"_certificate", "_transform"}  # what the folds and forms are written with
MAY_IMPORT = {
    "program": set[str](),
    "analysis": {"program"},
    "folds": {"program", "analysis", *SHARED},
    "forms": {"program", "analysis", *SHARED},
}


def imported(path: Path) -> set[str]:
    """The modules that a file imports; of `from package import name` both the package and the name in it."""
    modules = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports by a relative path"
            modules.add(node.module or "")
            modules.update(f"{node.module}.{alias.name}" for alias in node.names)
    return modules


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_what_it_is_built_on(room: str) -> None:
    files = sorted((PACKAGE / room).rglob("*.py"))
    assert len(files) > 5
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" and path.stem != "__init__"} | ROOMS
    for path in files:
        names = {name.removeprefix(f"{PREFIX}.").split(".")[0] for name in imported(path) if name.startswith(PREFIX)}
        within = (names & parts) - {room}
        assert within <= MAY_IMPORT[room], (path.name, within - MAY_IMPORT[room])
        assert f"{PREFIX}.{PREFIX}" not in names
        assert names <= parts | {PREFIX}, (path.name, "imports from deploy itself", names - parts)


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_reads_the_others_through_their_public_names(room: str) -> None:
    for path in (PACKAGE / room).rglob("*.py"):
        for name in imported(path):
            rest = name.removeprefix(f"{PREFIX}.").split(".")
            if rest[0] in ROOMS - {room}:
                assert not any(part.startswith("_") for part in rest[1:]), (path.name, name)
