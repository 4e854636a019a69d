"""Reads a table of pictures and their classes: CSV, ImageNet's val.txt, or one class a line.

    file,class                        any CSV with a column of the pictures' names; several classes between blanks
    ILSVRC2012_val_00000001.JPEG 65   names and numbers, as Caffe's val.txt has them
    n01751748                         line i is ILSVRC2012_val_<i>, as TensorFlow's list of synsets has them

Columns may be in any order, with a header or without.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from efficientmod_export.eval._class_names import Classes, ClassNames
from efficientmod_mobile.errors import InputError

CLASS_COLUMNS = ("class", "classes", "label", "labels", "target", "truth", "predictionstring", "synset", "synsets")
"""Headers by which the column of classes is known, in lower case, the first that there is."""
VALIDATION_NUMBER = re.compile(r"ILSVRC2012_val_(\d{8})")

Row = list[str]


def read_truth(path: Path, pictures: Sequence[str], names: ClassNames) -> dict[str, Classes]:
    """The acceptable classes of those pictures that the file tells; `pictures` are paths, which it may shorten to the
    file's name, with or without its suffix.

    Raises InputError for a file that cannot be read, or tells no class of any picture.
    """
    try:
        lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read ({error}); give a CSV, or ImageNet's val.txt.", code="bad_truth"
        ) from error
    index = _Index(pictures)
    rows = _rows(lines, index)
    column = _column_of_names(rows, index)
    found = _by_position(lines, pictures, path) if column is None else _by_name(rows, column, index, names, path)
    _refuse_counting_from_one(found, names, path)
    classes = {picture: names.of_text(text) for picture, text in found.items()}
    told = {picture: places for picture, places in classes.items() if places}
    if not told:
        example = next(iter(found.values()), "")
        raise InputError(
            f"{path} names no class of the network, as in {example!r}; give numbers from 0 to {names.count - 1}, "
            "synsets, or the bundle's labels.",
            code="bad_truth",
        )
    return told


class _Index:
    """Finds a picture by its path, its file's name, or that without its suffix; not where two have the same."""

    def __init__(self, pictures: Sequence[str]) -> None:
        self._found: dict[str, set[str]] = {}
        for picture in pictures:
            path = PurePosixPath(picture)
            for key in {picture, path.name, path.stem, path.with_suffix("").as_posix()}:
                self._found.setdefault(key, set()).add(picture)

    def find(self, text: str) -> str | None:
        """The picture, or None."""
        found = self._found.get(text.strip().replace("\\", "/").removeprefix("./"), set())
        return next(iter(found)) if len(found) == 1 else None


def _rows(lines: Sequence[str], index: _Index) -> list[Row]:
    delimiter = next((mark for mark in ("\t", ";", ",") if lines and mark in lines[0]), None)
    if delimiter is not None:
        return list(csv.reader(lines, delimiter=delimiter))
    return [_split(line, index) for line in lines]


def _split(line: str, index: _Index) -> Row:
    """A name, which may contain blanks, and the rest."""
    words = line.split()
    for count in range(1, len(words)):
        if index.find(" ".join(words[:count])):
            return [" ".join(words[:count]), " ".join(words[count:])]
    return [words[0], " ".join(words[1:])]


def _column_of_names(rows: Sequence[Row], index: _Index) -> int | None:
    """The column in which most pictures are found; None where there is none."""
    width = max((len(row) for row in rows), default=0)
    counts = [sum(column < len(row) and index.find(row[column]) is not None for row in rows) for column in range(width)]
    return counts.index(max(counts)) if any(counts) else None


def _by_name(rows: Sequence[Row], column: int, index: _Index, names: ClassNames, path: Path) -> dict[str, str]:
    """What the column of classes has for each picture."""
    found = {picture: row for row in rows if column < len(row) and (picture := index.find(row[column]))}
    classes = _column_of_classes(rows[0], list(found.values()), column, names, path)
    return {picture: row[classes] for picture, row in found.items() if classes < len(row)}


def _column_of_classes(header: Row, rows: Sequence[Row], of_names: int, names: ClassNames, path: Path) -> int:
    """By its header, else the only one in which every cell is a class."""
    others = [column for column in range(max(map(len, rows))) if column != of_names]
    titles = {title.strip().lower(): column for column, title in enumerate(header) if column != of_names}
    named = [titles[title] for title in CLASS_COLUMNS if title in titles]
    if named:
        return named[0]
    fitting = [column for column in others if all(column < len(row) and names.of_text(row[column]) for row in rows)]
    if len(fitting) == 1 or len(others) == 1:
        return (fitting or others)[0]
    if fitting and all(
        [names.of_text(row[column]) for row in rows] == [names.of_text(row[fitting[0]]) for row in rows]
        for column in fitting
    ):
        return fitting[0]
    raise InputError(f"{path}: which of its columns has the classes cannot be told; call it class.", code="bad_truth")


def _by_position(lines: Sequence[str], pictures: Sequence[str], path: Path) -> dict[str, str]:
    """Line i for ILSVRC2012_val_<i>."""
    numbers = {picture: VALIDATION_NUMBER.search(picture) for picture in pictures}
    found = {
        picture: lines[int(match[1]) - 1] for picture, match in numbers.items() if match and int(match[1]) <= len(lines)
    }
    if not found or any(len(line.split()) != 1 for line in found.values()):
        raise InputError(
            f"{path} names none of the pictures, as in {lines[0] if lines else ''!r}, while one is called "
            f"{pictures[0]}; each line has a picture's name and its class.",
            code="bad_truth",
        )
    return found


def _refuse_counting_from_one(found: Mapping[str, str], names: ClassNames, path: Path) -> None:
    """ILSVRC2012_validation_ground_truth.txt has numbers from 1 to 1000, in an order of its own."""
    words = [word for text in found.values() for word in text.split()]
    if words and all(word.isdecimal() for word in words):
        numbers = {int(word) for word in words}
        if max(numbers) == names.count and 0 not in numbers:
            raise InputError(
                f"{path} counts its classes from 1 to {names.count}; classes are counted from 0, in the order of the "
                "network's outputs (the numbers of ImageNet's development kit have another order).",
                code="bad_truth",
            )
