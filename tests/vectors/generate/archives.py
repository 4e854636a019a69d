"""`archives.json` and `bundle.embundle`: archives of stored entries, by the ZIP specification (APPNOTE 6.3.10)."""

import struct
import zlib
from pathlib import Path
from typing import Any

from tests.vectors.generate import example
from tests.vectors.generate.files import text, write_cases

STORED, DEFLATED = 0, 8
UTF_8 = 0x0800
VERSION, SYSTEM_UNIX, PLAIN_FILE = 20, 3, 0o100644 << 16
DAY = 0x0021  # 1980-01-01
Entry = tuple[str, bytes]
TWO: list[Entry] = [("manifest.json", b"{}\n"), ("golden/tall.image.bin", bytes(range(256)))]


def write(folder: Path) -> None:
    """Write the family's files. After the bundle."""
    root = folder / example.NAME
    listed = [(name, (root / name).read_bytes()) for name in example.listed_files(root)]
    (folder / f"{example.NAME}.embundle").write_bytes(archive(listed))
    write_cases(folder / "archives.json", [*_accepted(), *_refused()])


def archive(entries: list[Entry], *, method: int = STORED, crc_xor: int = 0, local_name: str | None = None) -> bytes:
    """An archive without comments and extra fields."""
    content, directory = b"", b""
    for name, data in entries:
        stored = data if method == STORED else zlib.compress(data, 9)[2:-4]
        own = name.encode()
        flags = 0 if name.isascii() else UTF_8
        crc = zlib.crc32(data) ^ crc_xor
        common = struct.pack("<HHHHLLL", flags, method, 0, DAY, crc, len(stored), len(data))
        begin = len(content)
        first = own if local_name is None else local_name.encode()
        content += b"PK\3\4" + struct.pack("<H", VERSION) + common + struct.pack("<HH", len(first), 0) + first + stored
        directory += b"PK\1\2" + struct.pack("<BBH", VERSION, SYSTEM_UNIX, VERSION) + common
        directory += struct.pack("<HHHHHLL", len(own), 0, 0, 0, 0, PLAIN_FILE, begin) + own
    end = struct.pack("<HHHHLLH", 0, 0, len(entries), len(entries), len(directory), len(content), 0)
    return content + directory + b"PK\5\6" + end


def _case(name: str, content: bytes, files: list[Entry] | None, refusal: str | None) -> dict[str, Any]:
    given = None if files is None else {file: text(data) for file, data in files}
    return {"name": name, "base64": text(content), "files": given, "refusal": refusal}


def _accepted() -> list[dict[str, Any]]:
    cases: dict[str, list[Entry]] = {
        "one_file": TWO[:1],
        "two_files": TWO,
        "an_empty_file": [*TWO, ("labels.txt", b"")],
        "deep_and_hidden": [*TWO, ("m.mlpackage/Data/.cache/a b", b"x"), ("m.mlpackage/Data/k\u00e4fer", b"y")],
    }
    return [_case(name, archive(files), files, None) for name, files in cases.items()]


def _refused() -> list[dict[str, Any]]:
    names = {
        "parent": "../manifest.json",
        "parent_inside": "golden/../../x",
        "here": "golden/./x",
        "absolute": "/etc/x",
        "backslash": "golden\\x",
        "double_slash": "golden//x",
        "folder_entry": "golden/",
        "empty_name": "",
        "zero": "golden/x\0y",
        "line_end": "golden/x\ny",
    }
    whole = archive(TWO)
    cases = {
        "empty": (b"", "not_an_archive"),
        "json": (b'{"format_version": "1.0"}', "not_an_archive"),
        "cut_short": (whole[:-1], "not_an_archive"),
        "cut_in_the_middle": (whole[: len(whole) // 2], "not_an_archive"),
        "no_beginning": (whole[10:], "not_an_archive"),
        "deflated": (archive(TWO, method=DEFLATED), "compressed_entry"),
        "wrong_crc": (archive(TWO, crc_xor=1), "damaged_entry"),
        "two_names_of_one_entry": (archive(TWO[:1], local_name="manifest.bson"), "damaged_entry"),
        "a_name_twice": (archive([*TWO, TWO[1]]), "repeated_entry"),
        "a_name_twice_but_for_case": (archive([*TWO, ("Manifest.JSON", b"{}")]), "repeated_entry"),
        **{f"name_{name}": (archive([*TWO, (path, b"x")]), "path_outside") for name, path in names.items()},
    }
    return [_case(name, content, None, refusal) for name, (content, refusal) in cases.items()]
