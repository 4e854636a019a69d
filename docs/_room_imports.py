"""The imports between the rooms of both packages, read from the source with `ast`; nothing is imported.

A room is a folder in one of `HALLS`, with all that lies below it. A hall's own modules are no room: they stand alone
when circles are looked for, and are drawn in as few boxes as keep the picture free of circles.
"""

import ast
import graphlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

FOLDERS = {
    "efficientmod_mobile": Path("efficientmod_mobile"),
    "efficientmod_export": Path("export/efficientmod_export"),
}
"""Package -> its folder in the repository."""

HALLS = (
    "efficientmod_mobile",
    "efficientmod_mobile.deploy",
    "efficientmod_export",
    "efficientmod_export.targets",
    "efficientmod_export.tasks",
)
"""The packages whose folders are rooms."""

FORBIDDEN = (
    ("efficientmod_mobile", "efficientmod_export"),
    ("efficientmod_mobile.deploy.folds", "efficientmod_mobile.deploy.forms"),
    ("efficientmod_mobile.deploy.forms", "efficientmod_mobile.deploy.folds"),
    ("efficientmod_export.parity", "efficientmod_export.targets"),
)
"""(package, package that nothing in the first one imports): imports that go upwards, and rooms that are kept apart."""


@dataclass(frozen=True)
class Import:
    """A module imports another one, at `place` (file:line)."""

    importer: str
    imported: str
    place: str


@dataclass(frozen=True)
class Box:
    """A room, or a hall's own modules; `modules` names them where the hall has a second box."""

    package: str
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """Both packages: their folders, by the names of the packages, and every import of one module by another."""

    packages: frozenset[str]
    imports: tuple[Import, ...]

    def node(self, module: str) -> str:
        """The room that the module lies in; a hall's own module is a node of its own."""
        while (parent := module.rpartition(".")[0]) not in ("", *HALLS):
            module = parent
        return module

    def hall(self, node: str) -> str | None:
        """The hall that a module belongs to, None for a room."""
        if node in HALLS:
            return node
        return None if node in self.packages else node.rpartition(".")[0]

    def graph(self) -> dict[str, set[str]]:
        """Node -> the nodes that it imports."""
        pairs = {(self.node(one.importer), self.node(one.imported)) for one in self.imports}
        graph: dict[str, set[str]] = {node: set() for node in sorted({node for pair in pairs for node in pair})}
        for importer, imported in pairs:
            graph[importer] |= {imported} - {importer}
        return graph


def read_source(root: Path) -> Source:
    """Both packages in the repository at `root`; imports in functions and for type checkers count as well."""
    paths = {
        _module(path, root / folder): path for folder in FOLDERS.values() for path in (root / folder).rglob("*.py")
    }
    return Source(
        frozenset(module for module, path in paths.items() if path.name == "__init__.py"),
        tuple(
            Import(module, imported, f"{path.relative_to(root).as_posix()}:{line}")
            for module, path in sorted(paths.items())
            for imported, line in _imports(module, path, paths.keys())
        ),
    )


def forbidden(source: Source) -> list[str]:
    """A sentence for each import that `FORBIDDEN` rules out."""
    return [
        f"{one.place}: {one.importer} imports {one.imported}; nothing in {lower} may import {upper}"
        for one in source.imports
        for lower, upper in FORBIDDEN
        if _within(one.importer, lower) and _within(one.imported, upper)
    ]


def circle(source: Source) -> list[str]:
    """A sentence for each step of a circle of rooms (or modules of halls); empty where there is none."""
    try:
        graphlib.TopologicalSorter(source.graph()).prepare()
    except graphlib.CycleError as error:
        nodes = error.args[1][::-1]  # graphlib lists what is imported first
        where = {(source.node(one.importer), source.node(one.imported)): one.place for one in source.imports}
        return [f"{where[pair]}: {pair[0]} imports {pair[1]}" for pair in pairwise(nodes)]
    return []


def boxes(source: Source) -> dict[Box, set[Box]]:
    """What is drawn: box -> the boxes that it imports. An import that follows from two others is left out.

    Raises graphlib.CycleError where there is a circle.
    """
    graph = source.graph()
    graphlib.TopologicalSorter(graph).prepare()
    box_of = _grouped(source, graph)
    drawn: dict[Box, set[Box]] = {box: set() for box in sorted(set(box_of.values()), key=str)}
    for node, imported in graph.items():
        drawn[box_of[node]] |= {box_of[other] for other in imported} - {box_of[node]}
    graphlib.TopologicalSorter(drawn).prepare()
    return _reduced(drawn)


def _module(path: Path, folder: Path) -> str:
    return ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")


def _imports(module: str, path: Path, known: Iterable[str]) -> Iterator[tuple[str, int]]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for statement in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            yield from ((alias.name, statement.lineno) for alias in statement.names if alias.name in known)
        elif isinstance(statement, ast.ImportFrom):
            base = statement.module or ""
            if statement.level:
                above = package.split(".")[: package.count(".") + 2 - statement.level]
                base = ".".join([*above, *([base] if base else [])])
            for alias in statement.names:
                name = f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base
                if name in known:
                    yield name, statement.lineno


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _grouped(source: Source, graph: dict[str, set[str]]) -> dict[str, Box]:
    """Node -> box. A hall's module that reaches others of its hall through a room gets a box above that room."""

    @cache
    def depth(node: str, hall: str) -> int:
        """How often the imports below `node` leave the hall's modules and come back; -1 where they never reach them."""
        inside = source.hall(node) == hall
        below = [(other, depth(other, hall)) for other in graph[node]]
        return max((d + (inside and source.hall(other) != hall) for other, d in below if d >= 0), default=inside - 1)

    groups: dict[tuple[str, int], list[str]] = {}
    found: dict[str, Box] = {}
    for node in graph:
        if hall := source.hall(node):
            groups.setdefault((hall, depth(node, hall)), []).append(node)
        else:
            found[node] = Box(node)
    halls = [hall for hall, _ in groups]
    for (hall, _), nodes in groups.items():
        names = sorted("__init__" if node == hall else node.rpartition(".")[2] for node in nodes)
        found |= dict.fromkeys(nodes, Box(hall, tuple(names) if halls.count(hall) > 1 else ()))
    return found


def _reduced(graph: dict[Box, set[Box]]) -> dict[Box, set[Box]]:
    @cache
    def below(box: Box) -> frozenset[Box]:
        return frozenset(graph[box]).union(*(below(other) for other in graph[box]))

    return {box: {one for one in to if not any(one in below(other) for other in to)} for box, to in graph.items()}
