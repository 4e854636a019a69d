"""`labels.json`: contents of a labels file, and the labels in it or null where a reader refuses it."""

from pathlib import Path

from tests.vectors.generate.files import text, write_cases

CASES: dict[str, tuple[bytes, list[str] | None]] = {
    "two": (b"tench\ngoldfish\n", ["tench", "goldfish"]),
    "one": (b"tench\n", ["tench"]),
    "blanks_inside": (b"great white shark\n", ["great white shark"]),
    "other_separators_are_text": ("a\u2028b\u0085c\n".encode(), ["a\u2028b\u0085c"]),
    "utf_8": ("\u732b\nK\u00e4fer\n\U0001f431\n".encode(), ["\u732b", "K\u00e4fer", "\U0001f431"]),
    "twice_the_same": (b"crane\ncrane\n", ["crane", "crane"]),
    "nothing": (b"", None),
    "only_a_line_feed": (b"\n", None),
    "no_last_line_feed": (b"tench\ngoldfish", None),
    "blank_last_line": (b"tench\ngoldfish\n\n", None),
    "blank_line_inside": (b"tench\n\ngoldfish\n", None),
    "carriage_returns": (b"tench\r\ngoldfish\r\n", None),
    "old_mac_lines": (b"tench\rgoldfish\n", None),
    "byte_order_mark": (b"\xef\xbb\xbftench\n", None),
    "not_utf_8": (b"K\xe4fer\n", None),
    "utf_16": ("tench\n".encode("utf-16"), None),
    "blank_at_the_end": (b"tench \n", None),
    "blank_at_the_beginning": (b" tench\n", None),
    "tabulator": (b"1\ttench\n", None),
    "zero_byte": (b"te\0nch\n", None),
    "delete": (b"te\x7fnch\n", None),
}


def write(folder: Path) -> None:
    """Write the family's files."""
    cases = [{"name": name, "base64": text(content), "labels": labels} for name, (content, labels) in CASES.items()]
    write_cases(folder / "labels.json", cases)
