"""Elements as text. Everything that comes from a report is escaped here."""

from collections.abc import Iterable
from html import escape


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: object) -> Html:
    """An element. Of an attribute's name a last underscore is left out, others become hyphens; None leaves it out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>{joined(content)}</{name}>")


def joined(parts: Iterable[str]) -> Html:
    """Parts one after the other; what is not markup is escaped."""
    return Html("".join(part if isinstance(part, Html) else escape(part) for part in parts))


def div(class_: str, *content: str, style: str | None = None) -> Html:
    """The element that most of the page consists of."""
    return element("div", *content, class_=class_, style=style)


def span(class_: str, *content: str, style: str | None = None, title: str | None = None) -> Html:
    """A piece of a line, with a text that is shown under the pointer."""
    return element("span", *content, class_=class_, style=style, title=title)


def table(head: Iterable[str], rows: Iterable[Iterable[str]], *, numbers_from: int = 1) -> Html:
    """A table that scrolls by itself where it is too wide; columns from `numbers_from` on are numbers."""

    def line(kind: str, cells: Iterable[str]) -> Html:
        made = (element(kind, cell, class_="number" if at >= numbers_from else None) for at, cell in enumerate(cells))
        return element("tr", *made)

    body = element("tbody", *(line("td", row) for row in rows))
    return div("scroll", element("table", element("thead", line("th", head)), body))
