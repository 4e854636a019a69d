"""The site is built from the repository's Markdown without a warning, and the tutorial's commands run as written."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"


class Loaded(HTMLParser):
    """What a page loads: styles, programs, pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = {"script": "src", "img": "src", "link": "href"}.get(tag)
        if name and given.get(name) and given.get("rel") != "canonical":
            self.addresses.append(str(given[name]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_loads_only_files_of_the_site(site: Path) -> None:
    pages = sorted(site.rglob("index.html"))
    assert len(pages) > 20
    for page in pages:
        loaded = Loaded()
        loaded.feed(page.read_text())
        assert loaded.addresses
        for address in loaded.addresses:
            assert "//" not in address, (page, address)
            assert (page.parent / address.partition("?")[0]).resolve().exists(), (page, address)


def test_no_link_leads_out_of_the_site_but_to_the_web(site: Path) -> None:
    for page in site.rglob("index.html"):
        for target in re.findall(r'<a [^>]*href="([^"#?]+)', page.read_text()):
            if "//" not in target and not target.startswith("mailto:"):
                path = (page.parent / target).resolve()
                assert path.exists(), (page, target)
                assert path.is_relative_to(site.resolve()), (page, target)


def test_every_task_has_a_page() -> None:
    tasks = {path.parent.name for path in REPOSITORY.glob("export/efficientmod_export/tasks/*/__init__.py")}
    assert tasks
    assert {path.stem for path in (DOCS / "tasks").glob("*.md")} == tasks


def test_the_pictures_of_terminals_are_the_tutorials_and_need_nothing_from_elsewhere() -> None:
    shown = set(re.findall(r"\(pictures/([\w.]+)\)", (DOCS / "tutorial.md").read_text()))
    assert shown == {path.name for path in (DOCS / "pictures").iterdir()}
    for name in shown:
        text = (DOCS / "pictures" / name).read_text()
        assert "efficientmod" in text, name
        assert "url(http" not in text, name


@pytest.mark.slow
def test_the_tutorial(tmp_path: Path) -> None:
    for linked in ("examples", "tests"):
        (tmp_path / linked).symlink_to(REPOSITORY / linked)
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    commands = re.findall(r"^    ((?:efficientmod|python ).*)$", (DOCS / "tutorial.md").read_text(), re.MULTILINE)
    assert len(commands) == 7
    printed = {}
    for command in commands:
        done = subprocess.run(
            command,
            shell=True,
            cwd=tmp_path,
            env={**os.environ, "PATH": programs},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        printed[command.split()[1]] = done.stdout
    assert re.findall(r"(coreml|executorch|tflite|PyTorch) +\d+\.\d% +(\w+)", printed["predict"]) == [
        (by, "cat") for by in ("coreml", "executorch", "tflite", "PyTorch")
    ]
    assert (tmp_path / "out.embundle").exists()
