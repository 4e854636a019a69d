"""docs/measurements/kinds.md has every network of the tests, and what the tests hold of each."""

import re
from pathlib import Path

from .attempts import TARGETS
from .fifteen import REFUSED, RIGHT
from .test_kinds import KINDS, LIMIT

PAGE = Path(__file__).parents[3] / "docs" / "measurements" / "kinds.md"


def rows() -> dict[str, list[str]]:
    """Verdicts by network."""
    lines = [line.strip("|").split("|") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line] for line in lines]
    return {line[0].strip("`"): line[-len(TARGETS) :] for line in cells if line[-1] != TARGETS[-1]}


def test_the_page_has_the_networks_of_the_tests() -> None:
    names = [build.__name__ for build in (*RIGHT, *REFUSED)]
    assert list(rows()) == [*names, *KINDS], "run python benchmarks/kinds.py"


def test_the_page_has_what_the_tests_hold() -> None:
    refused = [build.__name__ for build in REFUSED]
    for name, verdicts in rows().items():
        if name in refused:
            assert verdicts == ["refused"] * len(TARGETS)
        else:
            assert all(float(error) <= LIMIT for error in verdicts), name
    sentences = re.findall(r"^- (\w+): (.*)", PAGE.read_text(), re.MULTILINE)
    assert [name for name, _ in sentences] == refused
    assert all(re.search(REFUSED[build], dict(sentences)[build.__name__]) for build in REFUSED)
