"""The iOS app's stubs of Apple's modules and of ExecuTorch declare what the app needs, and say where it is from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest

IOS = Path(__file__).parents[1] / "ios_demo"
STUBS = sorted((IOS / "Stubs").glob("*.swift"))
APP = sorted((IOS / "App").rglob("*.swift"))
SOURCES = ("https://developer.apple.com/", "https://github.com/pytorch/executorch/blob/v")

DECLARATION = re.compile(
    r"\s*(?:@\w+(?:\([^)]*\))?\s+)*"
    r"(?:(?:public|open|final|class|static|nonisolated|mutating|override|convenience)\s+)*"
    r"(?P<kind>class|struct|enum|protocol|extension|func|var|let|typealias|associatedtype|init|subscript)\b[? ]?\s*`?"
    r"(?P<name>\w+)?"
)
# What the compiler uses for the app: property wrappers, result builders, option sets, the main program, a view's body.
IMPLICIT = re.compile(r"body|Body|wrappedValue|projectedValue|rawValue|build\w+|main|subscript|init|Optional")


@dataclass(frozen=True)
class Declaration:
    """A declaration of a stub: its name, its lines, and whether a comment above them says where it is from."""

    stub: str
    kind: str
    name: str
    text: str
    has_source: bool


def read(stub: Path) -> Iterator[Declaration]:
    """Each declaration of a stub but the cases of an enum, which are those of its page.

    A member that the compiler asks for is from the page of its type; so is every member of a file of ExecuTorch.
    """
    around: list[bool] = []  # whether the types around a line have a source
    lines = stub.read_text().splitlines()
    for index, line in enumerate(lines):
        match = DECLARATION.match(line)
        if not match:
            continue
        depth = (len(line) - len(line.lstrip())) // 4
        name = match["name"] or match["kind"]
        is_inside = 0 < depth <= len(around) and around[depth - 1]
        has_source = comes_from(lines, index) or (is_inside and (stub.stem == "ExecuTorch" or is_implicit(name)))
        around = [*around[:depth], has_source]
        rest = takewhile(lambda line: line.strip() and not DECLARATION.match(line), lines[index + 1 :])
        yield Declaration(stub.stem, match["kind"], name, "\n".join([line, *rest]), has_source)


def comes_from(lines: list[str], index: int) -> bool:
    """Whether the comments and attributes above a line have an address."""
    above = takewhile(lambda line: line.lstrip().startswith(("//", "@")), reversed(lines[:index]))
    return any(source in line for line in above for source in SOURCES)


def is_implicit(name: str) -> bool:
    return IMPLICIT.fullmatch(name) is not None


DECLARATIONS = [one for stub in STUBS for one in read(stub)]
USED = set(re.findall(r"\w+", "\n".join(re.sub(r"//.*", "", path.read_text()) for path in APP)))


def test_the_stubs_are_read() -> None:
    assert len(DECLARATIONS) > 250
    assert {declaration.stub for declaration in DECLARATIONS} == {stub.stem for stub in STUBS}


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.stem)
def test_every_declaration_says_where_it_is_from(stub: Path) -> None:
    assert [one.text for one in DECLARATIONS if one.stub == stub.stem and not one.has_source] == []


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.stem)
def test_an_address_is_apples_or_a_released_file_of_executorch(stub: Path) -> None:
    addresses = re.findall(r"https?://\S+", stub.read_text())
    assert addresses
    assert [address for address in addresses if not address.startswith(SOURCES)] == []


def test_what_is_declared_is_needed() -> None:
    """From the names in the app on, by what the text of each needed declaration names."""
    needed = set(USED)
    while True:
        reached = [one for one in DECLARATIONS if one.name in needed or is_implicit(one.name)]
        more = {word for one in reached for word in re.findall(r"\w+", one.text)} - needed
        if not more:
            break
        needed |= more
    assert [(one.stub, one.text) for one in DECLARATIONS if one not in reached] == []


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.stem)
def test_a_function_or_value_is_used_by_the_app_or_a_default(stub: Path) -> None:
    members = [one for one in DECLARATIONS if one.stub == stub.stem and one.kind in ("func", "var", "let")]
    defaults = {name for one in DECLARATIONS for name in re.findall(r"= \.(\w+)", one.text)}
    idle = [one.text for one in members if one.name not in USED | defaults and not is_implicit(one.name)]
    assert idle == []


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.stem)
def test_a_stubbed_module_is_imported(stub: Path) -> None:
    assert any(re.search(rf"^import {stub.stem}$", path.read_text(), re.MULTILINE) for path in APP)


def test_every_module_of_the_app_is_known() -> None:
    imported = {name for path in APP for name in re.findall(r"^import (\w+)$", path.read_text(), re.MULTILINE)}
    assert imported - {stub.stem for stub in STUBS} == {"Foundation", "PhoneCore"}
