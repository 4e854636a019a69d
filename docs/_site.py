"""The site's pages that do not lie in docs/, and links between all of them; a hook of MkDocs.

Links in the repository's Markdown are between files, so that they work where the files are read. On the site they lead
to the files' pages; a link to a file that is no page, such as a program, becomes its name.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

REPOSITORY = Path(__file__).parents[1]
ELSEWHERE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "android_demo/README.md": "android.md",
    "ios_demo/README.md": "ios.md",
}
"""Files of the repository beside docs/, and the names of their pages."""
SOURCES = {page: source for source, page in ELSEWHERE.items()}

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]*)(#[^)]*)?\)")
NAMED = re.compile(r"(?<![\w/.`\[(])docs/[\w/]+\.md(?![\w/)])")
"""A page that a text names without a link."""
PICTURES = (".png", ".svg")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and the pictures that they show."""
    for source, page in ELSEWHERE.items():
        text = (REPOSITORY / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
        for _, _, target, _ in LINK.findall(text):
            path = _in_repository(source, target)
            if path.endswith(PICTURES) and not path.startswith("docs/"):
                files.append(File.generated(config, path, abs_src_path=str(REPOSITORY / path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Let every link lead to a page."""
    source = SOURCES.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    linked = NAMED.sub(
        lambda found: f"[{found[0]}]({posixpath.relpath(found[0], posixpath.dirname(source) or '.')})", markdown
    )
    return LINK.sub(lambda found: _link(source, page.file.src_uri, found), linked)


def _in_repository(source: str, target: str) -> str:
    """The path of a link's target; a link without a path is to its own page."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target)) if target else source


def _link(source: str, page: str, found: re.Match[str]) -> str:
    picture, text, target, anchor = found.groups()
    if "://" in target or target.startswith("mailto:"):
        return found[0]
    path = _in_repository(source, target)
    uri = ELSEWHERE.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else path)
    if not picture and not uri.endswith(".md") and not uri.endswith(PICTURES):
        return text if text.startswith("`") else f"`{text}`"
    return f"{picture}[{text}]({posixpath.relpath(uri, posixpath.dirname(page) or '.')}{anchor or ''})"
