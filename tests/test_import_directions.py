"""Who may import whom, read from the code: also what is imported inside functions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
ROOTS = (REPOSITORY, REPOSITORY / "export")
EXPORTER = REPOSITORY / "export" / "efficientmod_export"
OUTSIDE_MOBILE = ("export", "benchmarks", "examples", "tests/export")

TARGETS = "efficientmod_export.targets"
ASK_TARGETS = ("bench", "bundle", "lint")
"""Rooms that ask a target for what they need, by the package `targets` alone."""

BUILT_ON = {"executorch_coreml": {"executorch", "coreml"}, "executorch_vulkan": {"executorch"}}
"""Targets that use code of others: a `.pte` for another backend is still ExecuTorch's."""

HEAVY = {"ai_edge_litert", "coremltools", "executorch", "flatbuffers", "onnx", "onnxruntime", "onnxscript"}
MAY_IMPORT_HEAVY = {"foreign": HEAVY, "mil": {"coremltools"}, "targets": HEAVY}
"""Room -> the libraries of targets that it may import."""


def imports(path: Path) -> list[str]:
    """Every module that a file imports; for `from a import b` that is a.b, whether b is a module or not."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{_absolute(node, path)}.{alias.name}" for alias in node.names]
    return found


def _absolute(node: ast.ImportFrom, path: Path) -> str:
    if not node.level:
        return node.module or ""
    folder = path.parents[node.level - 1].relative_to(next(root for root in reversed(ROOTS) if root in path.parents))
    return ".".join([*folder.parts, *([node.module] if node.module else [])])


def is_module(name: str) -> bool:
    """Whether a dotted name is a file or folder of this repository."""
    places = [root.joinpath(*name.split(".")) for root in ROOTS]
    return any(place.with_suffix(".py").is_file() or place.is_dir() for place in places)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def offences(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Each file with each module that it imports."""
    for path in paths:
        for name in imports(path):
            yield path.relative_to(REPOSITORY).as_posix(), name


def private_imports(path: Path) -> list[str]:
    parts = [name.split(".") for name in imports(path)]
    return [".".join(name) for name in parts if name[0] == "efficientmod_mobile" and any(p[:1] == "_" for p in name)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import onnx.helper", ["onnx.helper"]),
        ("from efficientmod_export.targets import _image, find_target",
         ["efficientmod_export.targets._image", "efficientmod_export.targets.find_target"]),
        ("def f():\n    from coremltools import proto", ["coremltools.proto"]),
        ("from . import _plan", ["efficientmod_export.bench._plan"]),
        ("from ..targets.tflite import TARGET", ["efficientmod_export.targets.tflite.TARGET"]),
    ],
)  # fmt: skip
def test_every_way_to_import_is_seen(line: str, expected: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "efficientmod_export" / "bench"
    folder.mkdir(parents=True)
    path = folder / "user.py"
    path.write_text(line)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "ROOTS", (tmp_path,))
        assert imports(path) == expected


def test_a_private_import_is_found(tmp_path: Path) -> None:
    path = tmp_path / "user.py"
    path.write_text("from efficientmod_mobile.deploy import _proof, run\nimport efficientmod_mobile._timm\n")
    assert private_imports(path) == ["efficientmod_mobile.deploy._proof", "efficientmod_mobile._timm"]


def test_nothing_outside_imports_a_private_module_of_the_models() -> None:
    paths = [path for folder in OUTSIDE_MOBILE for path in files(REPOSITORY / folder)]
    assert len(paths) > 100
    assert {str(path.relative_to(REPOSITORY)): found for path in paths if (found := private_imports(path))} == {}


def test_the_models_never_import_the_exporter() -> None:
    paths = files(REPOSITORY / "efficientmod_mobile")
    assert len(paths) > 50
    assert [one for one in offences(paths) if within(one[1], "efficientmod_export")] == []


def test_parity_knows_no_target() -> None:
    assert [one for one in offences(files(EXPORTER / "parity")) if within(one[1], TARGETS)] == []


@pytest.mark.parametrize("room", ASK_TARGETS)
def test_other_rooms_ask_the_package_of_targets_alone(room: str) -> None:
    asked = [(file, name) for file, name in offences(files(EXPORTER / room)) if within(name, TARGETS)]
    assert [one for one in asked if one[1] != TARGETS and (one[1].count(".") > 2 or is_module(one[1]))] == []


def targets() -> list[str]:
    return sorted(path.parent.name for path in (EXPORTER / "targets").glob("*/__init__.py"))


@pytest.mark.parametrize("target", targets())
def test_a_target_imports_only_those_that_it_is_built_on(target: str) -> None:
    others = set(targets()) - {target}
    used = {
        name.split(".")[2]
        for _, name in offences(files(EXPORTER / "targets" / target))
        if name.startswith(f"{TARGETS}.") and name.split(".")[2] in others
    }
    assert used == BUILT_ON.get(target, set())


def test_what_targets_share_imports_no_target() -> None:
    shared = sorted((EXPORTER / "targets").glob("*.py"))
    assert len(shared) > 5
    assert [one for one in offences(shared) if any(within(one[1], f"{TARGETS}.{name}") for name in targets())] == []


def test_the_libraries_of_targets_are_imported_in_their_rooms_alone() -> None:
    wrong = [
        (file, name)
        for path in files(EXPORTER)
        for file, name in offences([path])
        if (library := name.split(".")[0]) in HEAVY
        and library not in MAY_IMPORT_HEAVY.get(path.relative_to(EXPORTER).parts[0], set())
    ]
    assert wrong == []
    assert {name.split(".")[0] for _, name in offences(files(EXPORTER))} >= HEAVY - {"onnxscript"}
