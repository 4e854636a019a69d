"""Reads a table of pictures and their classes: CSV, ImageNet's val.txt, or one class a line.

    file,class                        any CSV with a column of the pictures' names; several classes between blanks
    ILSVRC2012_val_00000001.JPEG 65   names and numbers, as Caffe's val.txt has them
    n01751748                         line i is ILSVRC2012_val_<i>, as TensorFlow's list of synsets has them

Columns may be in any order, with a header or without; a picture in several rows has all their classes.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from efficientmod_export._picture_files import PictureFile
from efficientmod_export.eval._class_names import Classes, ClassNames, numbers_of
from efficientmod_export.eval._picture_index import Found, PictureIndex
from efficientmod_mobile.errors import InputError

CLASS_COLUMNS = (
    *("class", "classes", "label", "labels", "target", "truth", "predictionstring", "synset", "synsets", "category"),
)
"""Headers by which the column of classes is known, in lower case, the first that there is."""
VALIDATION_NUMBER = re.compile(r"ILSVRC2012_val_(\d{8})")

Row = list[str]


@dataclass(frozen=True)
class Table:
    """The acceptable classes by a picture's name; `remarks` are sentences on what is odd in the file."""

    classes: Mapping[str, Classes]
    remarks: tuple[str, ...]


def read_truth(path: Path, pictures: Sequence[PictureFile], names: ClassNames) -> Table:
    """The classes of those pictures that the file tells. It may leave out folders, and the suffix.

    Raises InputError for a file that cannot be read, that tells no class of any picture, or has numbers of other
    classes than the network's.
    """
    text = _text(path)
    reading = max(_readings(text, PictureIndex(pictures)), key=lambda one: one.weight)
    if any(reading.found):
        found, every = _by_name(reading, names, path)
    else:
        found, every = _by_position(text, pictures, path)
    first = _first_number(every, names, path)
    _refuse_other_numbers(found, names, first, path)
    told = {picture: _classes(cells, first, names) for picture, cells in found.items()}
    classes = {picture: places for picture, places in told.items() if places}
    unknown = {picture: cells[0] for picture, cells in found.items() if not told[picture] and cells[0].strip()}
    if not classes:
        example = next(iter(unknown.values()), "")
        raise InputError(
            f"{path} names no class of the network, as in {example!r}; give numbers from 0 to {names.count - 1}, "
            "synsets, or the bundle's labels.",
            code="bad_truth",
        )
    several = [picture for picture, cells in found.items() if len(set(cells)) > 1]
    return Table(classes, tuple(_remarks(unknown, several, path)))


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # as Excel writes "Unicode text"
        return content.decode("utf-16" if wide else "utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read ({error}); give a CSV in UTF-8, or ImageNet's val.txt.", code="bad_truth"
        ) from error


@dataclass(frozen=True)
class _Reading:
    """The file's rows, and for each the picture that its cell in `column` names."""

    rows: Sequence[Row]
    column: int
    found: Sequence[Found | None]

    @property
    def weight(self) -> tuple[int, int]:
        """How many pictures are named, and how many of them exactly: a label may be called as a picture is."""
        named = [one for one in self.found if one]
        return len(named), sum(not one.loosely for one in named)


def _readings(text: str, index: PictureIndex) -> Iterator[_Reading]:
    """The file with each delimiter and each column."""
    for mark in filter(text.__contains__, "\t;,"):
        try:
            rows = [row for row in csv.reader(io.StringIO(text), delimiter=mark) if any(row)]
        except csv.Error:  # a line too long for a table
            continue
        yield from _columns(rows, index)
    yield from _columns([_split(line, index) for line in text.split("\n") if line.strip()], index)


def _columns(rows: Sequence[Row], index: PictureIndex) -> Iterator[_Reading]:
    for column in range(max(map(len, rows), default=1)):
        yield _Reading(rows, column, [index.find(row[column]) if column < len(row) else None for row in rows])


def _split(line: str, index: PictureIndex) -> Row:
    """A name, which may contain blanks, and the rest."""
    words = line.split()
    for count in range(1, len(words)):
        if index.find(" ".join(words[:count])):
            return [" ".join(words[:count]), " ".join(words[count:])]
    return [words[0], " ".join(words[1:])]


def _by_name(reading: _Reading, names: ClassNames, path: Path) -> tuple[dict[str, list[str]], list[str]]:
    """What the column of classes has for each picture, and all that it has."""
    best: dict[str, Found] = {}
    for one in filter(None, reading.found):
        best[one.picture] = min(one, best.get(one.picture, one))
    kept = [
        (row, one) for row, one in zip(reading.rows, reading.found, strict=True) if one and one == best[one.picture]
    ]
    _refuse_two_names(kept, reading.column, path)
    start = next(place for place, one in enumerate(reading.found) if one)
    classes = _column_of_classes(reading.rows[:start], [row for row, _ in kept], reading.column, names, path)
    found: dict[str, list[str]] = {}
    for row, one in kept:
        if classes < len(row):
            found.setdefault(one.picture, []).append(row[classes])
    return found, [row[classes] for row in reading.rows[start:] if classes < len(row)]


def _refuse_two_names(rows: Sequence[tuple[Row, Found]], column: int, path: Path) -> None:
    """Where train/x.jpg and val/x.jpg may both be x.jpg."""
    named: dict[str, str] = {}
    for row, one in rows:
        other = named.setdefault(one.picture, row[column])
        if other != row[column]:
            raise InputError(
                f"{path} has {other} and {row[column]}, and which of them is {one.picture} cannot be told; keep the "
                "rows of these pictures alone.",
                code="bad_truth",
            )


def _column_of_classes(above: Sequence[Row], rows: Sequence[Row], of_names: int, names: ClassNames, path: Path) -> int:
    """By its header, which is `above` the first picture's row, else the only one in which every cell is a class."""
    others = [column for column in range(max(map(len, rows))) if column != of_names]
    titles = {title.strip().lower(): column for row in above for column, title in enumerate(row) if column != of_names}
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


def _by_position(text: str, pictures: Sequence[PictureFile], path: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Line i for ILSVRC2012_val_<i>, and all lines."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    numbers = {one.name: VALIDATION_NUMBER.search(one.name) for one in pictures}
    found = {
        name: [lines[int(match[1]) - 1]] for name, match in numbers.items() if match and int(match[1]) <= len(lines)
    }
    if not found or any(len(line.split()) != 1 for (line,) in found.values()):
        raise InputError(
            f"{path} names none of the pictures, as in {lines[0][:80] if lines else ''!r}, while one is called "
            f"{pictures[0].name}; each line has a picture's name and its class.",
            code="bad_truth",
        )
    return found, lines


def _first_number(cells: Sequence[str], names: ClassNames, path: Path) -> int:
    """The class that the file's numbers call 0, by all of them: val.txt counts ImageNet's 1000 classes also for a
    network with a background class.

    Raises InputError for ILSVRC2012_validation_ground_truth.txt, which has numbers from 1 to 1000, in an order of its
    own.
    """
    told = [() if names.of_label(cell) else numbers_of(cell) for cell in cells]
    numbers = {number for places in told for number in places} if all(told) else set()
    if numbers and max(numbers) == names.count and 0 not in numbers:
        raise InputError(
            f"{path} counts its classes from 1 to {names.count}; classes are counted from 0, in the order of the "
            "network's outputs (the numbers of ImageNet's development kit have another order).",
            code="bad_truth",
        )
    return names.first if 0 in numbers and max(numbers) < names.count - 1 else 0


def _classes(cells: Sequence[str], first: int, names: ClassNames) -> Classes:
    found = {place for cell in cells for place in names.of_text(cell)}
    return tuple(sorted(place + first for place in found))


def _refuse_other_numbers(found: Mapping[str, Sequence[str]], names: ClassNames, first: int, path: Path) -> None:
    """The table of another network's classes."""
    count = names.count - first
    for picture, cells in found.items():
        for number in (number for cell in cells if not names.of_label(cell) for number in numbers_of(cell)):
            if number >= count:
                raise InputError(
                    f"{path} has class {number} for {picture}, and the network has {count} classes, from 0 to "
                    f"{count - 1}; give the table that belongs to it.",
                    code="bad_truth",
                )


def _remarks(unknown: Mapping[str, str], several: Sequence[str], path: Path) -> Iterator[str]:
    if unknown:
        picture, text = next(iter(unknown.items()))
        yield (
            f"{path.name} names no class of the network for {len(unknown)} pictures, as in {text.strip()!r} for "
            f"{picture}: they count as pictures without a label."
        )
    if several:
        yield (
            f"{path.name} has several rows for {len(several)} pictures, as for {several[0]}: each row's class counts "
            "as right."
        )
