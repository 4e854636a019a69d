"""Every private name of other libraries that the sources use is listed, and exists in the installed versions."""

import ast
import functools
from pathlib import Path

import pytest

from efficientmod_export.foreign import quiet
from efficientmod_export.foreign._names import ForeignName
from efficientmod_export.foreign._private_names import PATCHES, READ, private_names

REPOSITORY = Path(__file__).parents[3]
PACKAGES = ("efficientmod_mobile", "export/efficientmod_export")
SOURCES = sorted(path for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py"))
OURS = ("efficientmod_mobile", "efficientmod_export")
BY_NAME = ("getattr", "hasattr", "setattr", "delattr", "attrgetter")


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


class Uses(ast.NodeVisitor):
    """The private names of others in one file: (line, "torch._ops.OpOverload") imported, (line, "_schema") by name."""

    def __init__(self, tree: ast.Module, inherited: set[str]) -> None:
        self.found: list[tuple[int, str]] = []
        self._inside_class = False
        self._inherited = inherited
        self._own = defined(tree)
        self.visit(tree)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        outside, self._inside_class = self._inside_class, True
        self.generic_visit(node)
        self._inside_class = outside

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._import(node.lineno, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level == 0 and node.module:
            for alias in node.names:
                self._import(node.lineno, f"{node.module}.{alias.name}")

    def _import(self, line: int, name: str) -> None:
        if name.split(".")[0] not in OURS and any(map(is_private, name.split("."))):
            self.found.append((line, name))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        itself = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        own = self._own | self._inherited if itself and self._inside_class else self._own
        if is_private(node.attr) and node.attr not in own:
            self.found.append((node.lineno, node.attr))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.found += [(node.lineno, word.arg) for word in node.keywords if word.arg and is_private(word.arg)]
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if called in BY_NAME:
            self.found += [(node.lineno, part) for text in texts for part in text.split(".") if is_private(part)]
        self.generic_visit(node)


def defined(tree: ast.Module) -> set[str]:
    """The names that a file gives to its functions, classes, variables, and to attributes in its classes."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        if isinstance(node, ast.ClassDef):
            names |= {
                inner.attr
                for inner in ast.walk(node)
                if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store)
            }
    return names


@functools.cache
def uses() -> tuple[tuple[str, str], ...]:
    """(file:line, name) of each use."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
    inherited = set().union(*map(defined, trees.values()))
    return tuple(
        (f"{path.relative_to(REPOSITORY)}:{line}", name)
        for path, tree in trees.items()
        for line, name in Uses(tree, inherited).found
    )


def is_listed(name: str) -> bool:
    return any(name == str(one) or name in str(one).split(".") for one in private_names())


def test_every_private_name_in_the_sources_is_listed() -> None:
    missing = [f"{place}: {name}" for place, name in uses() if not is_listed(name)]
    assert not missing, (
        f"private names of other libraries that foreign/_private_names.py does not list: {missing}; do without them, "
        f"or add them to READ there"
    )


def test_every_listed_name_is_used() -> None:
    used = {name for _, name in uses()}
    unused = [str(one) for one in READ if not {str(one), one.attribute} & used]
    assert not unused, f"not used any more, remove from foreign/_private_names.py: {unused}"


@pytest.mark.parametrize("name", dict.fromkeys(private_names()), ids=str)
def test_the_installed_version_has_it(name: ForeignName) -> None:
    with quiet():  # imports warn
        problem = name.problem()
    places = [place for place, used in uses() if used in (str(name), name.attribute)]
    patches = [str(patch.target) for patch in PATCHES if name in patch.names]
    assert problem is None, (
        f"{problem}. Used at {places}, by the patches of {patches}. Look at what the installed version has in its "
        f"place, write those places for it, and change the entry in foreign/_private_names.py or in the patch."
    )


def test_functions_of_others_are_replaced_in_one_place_only() -> None:
    replacing = [
        path.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom) and "mock" in ast.unparse(node)
    ]
    assert replacing == ["_patch.py"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from torch._ops import OpOverload", ["torch._ops.OpOverload"]),
        ("from torch.utils import _pytree as tree", ["torch.utils._pytree"]),
        ("import torch._dynamo", ["torch._dynamo"]),
        ("node.target._schema", ["_schema"]),
        ("getattr(node, '_schema', None)", ["_schema"]),
        ("Config(_check=False)", ["_check"]),
        ("def f(self):\n    self._code = ''", ["_code"]),
        ("class A:\n    def f(self):\n        self._x = 1\n        return other._x", []),
        ("class A:\n    def f(self):\n        return self._inherited", []),
        ("from efficientmod_mobile._text import described", []),
        ("from ._graph import Graph\n_a = 1\nfor _ in x.__dict__: pass", []),
    ],
)
def test_what_counts_as_a_use(source: str, expected: list[str]) -> None:
    assert [name for _, name in Uses(ast.parse(source), {"_inherited"}).found] == expected


class Example:
    declared: int

    def __init__(self) -> None:
        self.assigned = 1

    @property
    def computed(self) -> int:
        return self.read_only

    def method(self, x: int, *, y: str = "") -> None: ...


@pytest.mark.parametrize("path", ["Example.declared", "Example.assigned", "Example.computed", "Example.read_only"])
def test_attributes_of_instances_exist(path: str) -> None:
    assert ForeignName(__name__, path).problem() is None


@pytest.mark.parametrize(
    ("path", "signature", "problem"),
    [
        ("Example.method", "(self, x, *, y='')", None),
        ("Example.method", "(self, x)", "is called as (self, x, *, y=''), not as (self, x)"),
        ("REPOSITORY", "(self)", "is called as something that is not a Python function"),
        ("Example.gone", None, "does not exist"),
        ("Gone.method", None, "does not exist (module"),
    ],
)
def test_problems_are_told(path: str, signature: str | None, problem: str | None) -> None:
    found = ForeignName(__name__, path, signature).problem()
    assert found is None if problem is None else problem in (found or "")
