"""Which classes are right for each picture: from a table, from the folders, or from ImageNet's file names."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath

from efficientmod_export._picture_files import PictureFile
from efficientmod_export.eval._class_names import SYNSET, Classes, ClassNames
from efficientmod_export.eval._truth_file import read_truth

VALIDATION = re.compile(r"ILSVRC2012_val_(\d{8})(?:_(n\d{8}))?\.\w+")
"""ImageNet's validation pictures: with the synset in the name, as the Hub has them, or without."""

IMAGENET_CLASSES = 1000
SHOWN = 5
"""Folders that a remark names."""


@dataclass(frozen=True)
class Truth:
    """The acceptable classes by a picture's name; a picture without any is not there. `statement` says where they are
    from; it is empty where no class is known. `remarks` are sentences on what is odd in it.
    """

    statement: str
    classes: Mapping[str, Classes]
    remarks: tuple[str, ...] = ()


Rule = Callable[[Sequence[PictureFile], ClassNames], Truth | None]


def find_truth(pictures: Sequence[PictureFile], file: Path | None, names: ClassNames) -> Truth:
    """From `file` where there is one, else by the first of the rules that fits most pictures.

    Raises InputError for a file that tells nothing of these pictures.
    """
    if file is not None:
        table = read_truth(file, pictures, names)
        return Truth(f"the table {file.name}", table.classes, table.remarks)
    return next((truth for rule in _RULES if (truth := rule(pictures, names))), Truth("", {}, _none(pictures, names)))


def _none(pictures: Sequence[PictureFile], names: ClassNames) -> tuple[str, ...]:
    """Why folders are no classes; nothing where there are none."""
    folders = sorted({one.folders[-1] for one in pictures if one.folders})
    if len(folders) < 2:
        return ()
    labels = "most of them are none of its labels" if names.labels else "its bundle has no labels"
    return (
        f"The {len(folders)} folders ({_some(folders)}) tell no class: the network has {names.count}, and {labels}.",
    )


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:SHOWN]) + (", ..." if len(words) > SHOWN else "")


def _by_synset(pictures: Sequence[PictureFile], names: ClassNames) -> Truth | None:
    """Folders such as n01440764."""
    for folders in _levels(pictures):
        if _most(map(SYNSET.match, folders.values()), pictures) and names.synsets is not None:
            background = ", behind class 0 for the background" if names.first else ""
            return _truth(f"the folders' synsets{background}", folders, names.of_synset)
    return None


def _by_label(pictures: Sequence[PictureFile], names: ClassNames) -> Truth | None:
    """Folders that are named as the bundle's labels."""
    for folders in _levels(pictures):
        if _most(map(names.of_label, folders.values()), pictures):
            return _truth("the folders' names, which are the bundle's labels", folders, names.of_label)
    return None


def _by_order(pictures: Sequence[PictureFile], names: ClassNames) -> Truth | None:
    """As many folders as classes, in the order of their names, as torchvision's ImageFolder counts them."""
    for folders in _levels(pictures):
        found = sorted(set(folders.values()))
        if len(found) == names.count > 1 and _most(folders, pictures):
            as_text = ", as text: 10 before 2" if found != sorted(found, key=lambda name: (len(name), name)) else ""
            numbered = all(name.isdecimal() for name in found)
            told = f"the order of the {names.count} folders' names{as_text if numbered else ''}"
            return _truth(told, folders, _placed(found))
    return None


def _placed(names: Sequence[str]) -> Callable[[str], Classes]:
    places = {name: (index,) for index, name in enumerate(names)}
    return places.__getitem__


def _by_validation_name(pictures: Sequence[PictureFile], names: ClassNames) -> Truth | None:
    """Names such as ILSVRC2012_val_00000001.JPEG: by the synset in them, else by their numbers, from timm's list."""
    matches = {one.name: VALIDATION.fullmatch(PurePosixPath(one.name).name) for one in pictures}
    if not _most(matches.values(), pictures) or names.synsets is None:
        return None
    if _most((match and match[2] for match in matches.values()), pictures):
        synsets = {name: match[2] for name, match in matches.items() if match and match[2]}
        return _truth("the synsets in the files' names", synsets, names.of_synset)
    if names.count - names.first != IMAGENET_CLASSES:
        return None
    real = _real_labels()
    places = {name: int(match[1]) - 1 for name, match in matches.items() if match}
    classes = {
        name: tuple(number + names.first for number in real[place])
        for name, place in places.items()
        if place < len(real) and real[place]
    }
    told = "ImageNet's reassessed labels (ReaL, arXiv:2006.07159), several a picture; --truth val.txt has the original"
    return Truth(told, classes) if classes else None


_RULES: tuple[Rule, ...] = (_by_synset, _by_label, _by_order, _by_validation_name)


def _levels(pictures: Sequence[PictureFile]) -> list[dict[str, str]]:
    """For each depth, the folder there of every picture that has one."""
    depth = max(len(one.folders) for one in pictures)
    return [{one.name: one.folders[level] for one in pictures if len(one.folders) > level} for level in range(depth)]


def _most(found: Iterable[object], pictures: Sequence[PictureFile]) -> bool:
    return 2 * sum(map(bool, found)) > len(pictures)


def _truth(statement: str, words: Mapping[str, str], classes_of: Callable[[str], Classes]) -> Truth:
    classes = {word: classes_of(word) for word in set(words.values())}
    unknown = sorted(word for word, found in classes.items() if not found)
    remarks = (f"No class of the network is called {_some(unknown)}.",) if unknown else ()
    return Truth(statement, {name: classes[word] for name, word in words.items() if classes[word]}, remarks)


def _real_labels() -> list[list[int]]:
    """The acceptable classes of the 50,000 validation pictures, none where no class fits."""
    text = resources.files("timm.data").joinpath("_info", "imagenet_real_labels.json").read_text(encoding="utf-8")
    labels: list[list[int]] = json.loads(text)
    return labels
