"""The labels file: UTF-8 without a byte order mark; each line, the last one too, ends with one line feed.

A label is not empty, has no blank at its ends and no control character (below U+0020, or U+007F). This excludes
carriage returns and a blank last line. Other separators, such as U+2028, are part of a label.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from efficientmod_export.bundle.contract._stored import Labels, StoredFile

LABELS_NAME: Final = "labels.txt"
BLANK = " "
BYTE_ORDER_MARK = "\ufeff"


def parse_labels(content: bytes) -> tuple[str, ...]:
    """The labels in a file's content. Raises ValueError where the content is not as the module documents."""
    text = content.decode("utf-8")  # a UnicodeDecodeError is a ValueError
    if text.startswith(BYTE_ORDER_MARK):
        raise ValueError("it begins with a byte order mark")
    if not text.endswith("\n"):
        raise ValueError("its last line has no line feed")
    labels = tuple(text[:-1].split("\n"))
    wrong = [number for number, label in enumerate(labels, 1) if not _is_label(label)]
    if wrong:
        raise ValueError(f"line {wrong[0]} is empty, begins or ends with a blank, or contains a control character")
    return labels


def write_labels(folder: Path, labels: Sequence[str]) -> Labels:
    """Write `labels.txt` into `folder`. Raises ValueError for a label that a reader would refuse."""
    content = "".join(f"{label}\n" for label in labels).encode()
    if parse_labels(content) != tuple(labels):
        raise ValueError("a label contains a line feed")
    (folder / LABELS_NAME).write_bytes(content)
    return Labels(**StoredFile.of(folder, LABELS_NAME).model_dump(), count=len(labels))


def _is_label(label: str) -> bool:
    control = any(letter < BLANK or letter == "\x7f" for letter in label)
    return bool(label) and label == label.strip(BLANK) and not control
