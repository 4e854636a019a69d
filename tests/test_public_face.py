"""What `efficientmod_mobile` offers is public: no code outside of it imports a module whose name begins with `_`."""

import ast
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
OUTSIDE = ("export", "benchmarks", "examples", "tests/export")


def private_imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            first, *rest = name.split(".")
            if first == "efficientmod_mobile" and any(part.startswith("_") for part in rest):
                found.append(name)
    return found


def test_a_private_import_is_found(tmp_path: Path) -> None:
    path = tmp_path / "user.py"
    path.write_text("from efficientmod_mobile.deploy import _proof, run\nimport efficientmod_mobile._timm\n")
    assert private_imports(path) == ["efficientmod_mobile.deploy._proof", "efficientmod_mobile._timm"]


def test_nothing_outside_imports_a_private_module() -> None:
    files = [path for folder in OUTSIDE for path in (REPOSITORY / folder).rglob("*.py")]
    assert len(files) > 100
    assert {str(path.relative_to(REPOSITORY)): found for path in files if (found := private_imports(path))} == {}
