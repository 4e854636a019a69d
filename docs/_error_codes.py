"""The errors of the toolkit and their codes, read from the source without importing it."""

import ast
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("efficientmod_mobile", "export/efficientmod_export")
ROOT_OF_THE_TREE = "EfficientModError"
REFUSED_BUNDLE = "RefusedBundleError"
CODES_OF_BUNDLES = "Refusal"
"""The enumeration whose values are the codes of that error; they belong to the bundle's format."""


@dataclass(frozen=True)
class ErrorClass:
    """A class of the tree. `takes_code` where the code is an argument, and not set by the class itself."""

    name: str
    exit_code: int
    takes_code: bool


@dataclass(frozen=True)
class Raised:
    """An error is made at `place` (file:line) with this code; None where the source gives no literal one."""

    kind: str
    code: str | None
    place: str


def modules(root: Path) -> dict[str, ast.Module]:
    """Every module of both packages, by its path."""
    files = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    return {path.relative_to(root).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in files}


def error_classes(source: dict[str, ast.Module]) -> dict[str, ErrorClass]:
    """The classes of the tree by name."""
    found = {node.name: node for tree in source.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}

    def chain(name: str) -> list[ast.ClassDef]:
        """The class and what it inherits from, up to the root; empty for a class of another kind."""
        bases = [base.id for base in found[name].bases if isinstance(base, ast.Name)] if name in found else []
        if name == ROOT_OF_THE_TREE:
            return [found[name]]
        above = next((classes for base in bases if (classes := chain(base))), [])
        return [found[name], *above] if above else []

    return {
        name: ErrorClass(name, next(filter(None, map(_exit_code, classes))), not _own_init(classes))
        for name in found
        if (classes := chain(name))
    }


def _exit_code(node: ast.ClassDef) -> int | None:
    for item in node.body:
        if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "exit_code":
            return int(ast.literal_eval(item.value))
    return None


def _own_init(classes: list[ast.ClassDef]) -> bool:
    """Whether a class below the root has an `__init__`, which gives the code to the root's."""
    return any(
        isinstance(item, ast.FunctionDef) and item.name == "__init__" for node in classes[:-1] for item in node.body
    )


def raised(source: dict[str, ast.Module]) -> tuple[Raised, ...]:
    """Every place where an error of the tree is made, and the codes that classes give themselves."""
    classes = error_classes(source)
    return tuple(
        Raised(kind, code, f"{path}:{line}")
        for path, tree in source.items()
        for node in ast.walk(tree)
        for kind, code, line in _made(node, classes)
    )


def _made(node: ast.AST, classes: dict[str, ErrorClass]) -> list[tuple[str, str | None, int]]:
    """(class, code, line) for each error that a node makes or describes."""
    match node:
        case ast.Call():
            name = ast.unparse(node.func).rpartition(".")[2]
            return [(name, _code(node), node.lineno)] if name in classes and classes[name].takes_code else []
        case ast.Raise(exc=ast.Name(id=name)) if name in classes:
            return [(name, None, node.lineno)]
        case ast.ClassDef(name=name) if name == CODES_OF_BUNDLES and "StrEnum" in map(ast.unparse, node.bases):
            values = [item for item in node.body if isinstance(item, ast.Assign)]
            return [(REFUSED_BUNDLE, str(ast.literal_eval(item.value)), item.lineno) for item in values]
        case ast.ClassDef(name=name) if name in classes and name != REFUSED_BUNDLE and not classes[name].takes_code:
            return [(name, _own_code(node), node.lineno)]
    return []


def _own_code(node: ast.ClassDef) -> str | None:
    """The code that a class gives to the root's `__init__`."""
    calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
    return next((_code(call) for call in calls if ast.unparse(call.func) == "super().__init__"), None)


def _code(call: ast.Call) -> str | None:
    given = next((keyword.value for keyword in call.keywords if keyword.arg == "code"), None)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None
