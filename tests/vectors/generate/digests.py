"""`digests.json`: SHA-256 of files and folders."""

import hashlib
from pathlib import Path
from typing import Any

from tests.vectors.generate.files import text, write_cases

Files = dict[str, bytes]

FOLDERS: dict[str, tuple[Files, list[str]]] = {
    "empty": ({}, []),
    "only_empty_folders": ({}, ["a", "b/c"]),
    "one_file": ({"a": b"abc"}, []),
    "an_empty_file": ({"a": b""}, []),
    "nested": ({"Data/com.apple.CoreML/model.mlmodel": b"model", "Manifest.json": b"{}"}, []),
    "empty_folders_do_not_count": (
        {"Data/com.apple.CoreML/model.mlmodel": b"model", "Manifest.json": b"{}"},
        ["Data/empty"],
    ),
    "sorted_by_path_and_not_by_folder": ({"a/z": b"1", "a.b": b"2", "a-b/c": b"3"}, []),
    "capitals_come_first": ({"b": b"1", "B": b"2", "_": b"3", "A/x": b"4"}, []),
    "utf_8_names": ({"\u00e4.txt": b"1", "z.txt": b"2", "\u6f22\u5b57/\u732b": b"3", "e\u0301": b"4"}, []),
    "utf_8_and_not_utf_16_order": ({"\uff5e": b"1", "\U0001f431": b"2"}, []),
    "blanks_and_quotes": ({"a b": b"1", "it's": b"2", '"q"': b"3", " c": b"4"}, []),
    "hidden_files_count": ({".hidden": b"1", "a/.b": b"2"}, []),
}

REFUSED: dict[str, tuple[Files, dict[str, str], str]] = {
    "a_link_to_a_file": ({"a": b"1"}, {"b": "a"}, "link"),
    "a_link_to_a_folder": ({"a/c": b"1"}, {"b": "a"}, "link"),
    "a_link_to_nothing": ({"a": b"1"}, {"b": "absent"}, "link"),
    "a_backslash": ({"a\\b": b"1"}, {}, "bad_name"),
    "a_line_feed": ({"a\nb": b"1"}, {}, "bad_name"),
    "a_carriage_return": ({"a\rb": b"1"}, {}, "bad_name"),
}


def write(folder: Path) -> None:
    """Write the family's files."""
    contents = {"empty": b"", "abc": b"abc", "a_million": b"a" * 1_000_000}  # the last two: FIPS 180-2, appendix B
    files = [_file_case(*item) for item in contents.items()]
    folders = [_folder_case(name, *given) for name, given in FOLDERS.items()]
    refused = [_refused_case(name, *given) for name, given in REFUSED.items()]
    write_cases(folder / "digests.json", [*files, *folders, *refused])


def folder_digest(files: Files) -> str:
    """SHA-256 of the listing."""
    names = sorted(files, key=str.encode)
    listing = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in names)
    return hashlib.sha256(listing.encode()).hexdigest()


def _file_case(name: str, content: bytes) -> dict[str, Any]:
    repeated = {"base64": text(content[:1]), "times": len(content)} if len(set(content)) == 1 else None
    given = repeated or {"base64": text(content), "times": 1}
    return {"name": name, "file": given, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def _folder_case(name: str, files: Files, empty: list[str]) -> dict[str, Any]:
    given = {file: text(content) for file, content in files.items()}
    size = sum(map(len, files.values()))
    return {"name": name, "files": given, "folders": empty, "links": {}, "sha256": folder_digest(files), "size": size}


def _refused_case(name: str, files: Files, links: dict[str, str], refusal: str) -> dict[str, Any]:
    given = {file: text(content) for file, content in files.items()}
    return {"name": name, "files": given, "folders": [], "links": links, "refusal": refusal}
