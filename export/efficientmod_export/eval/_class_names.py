"""The classes that a word names: the number of a class, an ImageNet synset such as n01440764, or a label."""

import re
from collections.abc import Sequence
from functools import cached_property

from efficientmod_mobile import register_with_timm

SYNSET = re.compile(r"n\d{8}")

Classes = tuple[int, ...]
"""Acceptable classes, sorted; empty where nothing is known."""


class ClassNames:
    """The names of a network's `count` classes: `labels` are the bundle's, label i for class i."""

    def __init__(self, count: int, labels: Sequence[str] | None) -> None:
        self.count = count
        self.labels = labels

    @cached_property
    def synsets(self) -> dict[str, int] | None:
        """Synset -> class: the bundle's labels where these are synsets, else timm's list for this number of classes;
        None where there is none. Raises DependencyError without timm.
        """
        if self.labels and all(SYNSET.fullmatch(label) for label in self.labels):
            return {label: place for place, label in enumerate(self.labels)}
        register_with_timm()  # which imports it, also beside a torch for which torchvision was not built
        from timm.data import ImageNetInfo, infer_imagenet_subset

        subset = infer_imagenet_subset({"num_classes": self.count})
        if subset is None:
            return None
        return {synset: place for place, synset in enumerate(ImageNetInfo(subset).label_names())}

    @cached_property
    def _by_label(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for place, label in enumerate(self.labels or ()):
            for name in (label, *label.split(",")):  # ImageNet's labels are lists of synonyms
                found.setdefault(_plain(name), set()).add(place)
        return found

    def of_label(self, word: str) -> Classes:
        """The classes with this label, whatever its case; `_` and `-` are blanks. Two labels of ImageNet repeat."""
        return tuple(sorted(self._by_label.get(_plain(word), ())))

    def of_synset(self, word: str) -> Classes:
        """The class of a synset."""
        place = (self.synsets or {}).get(word)
        return () if place is None else (place,)

    def of_text(self, text: str) -> Classes:
        """The classes in a cell of a table: synsets, numbers, one label, or labels between `;` or `|`.

        Beside a synset numbers are no classes: they are the boxes of ImageNet's LOC_val_solution.csv.
        """
        words = re.split(r"[\s;|,]+", text.strip())
        synsets = [word for word in words if SYNSET.fullmatch(word)]
        if synsets:
            return tuple(sorted({place for word in synsets for place in self.of_synset(word)}))
        label = self.of_label(text)
        if label:
            return label
        if all(word.isdecimal() for word in words):
            places = {int(word) for word in words}
            return tuple(sorted(places)) if max(places) < self.count else ()
        found = [self.of_label(part) for part in re.split(r"[;|]", text)]
        return tuple(sorted({place for places in found for place in places})) if all(found) else ()


def _plain(name: str) -> str:
    return " ".join(re.split(r"[\s_-]+", name.casefold())).strip()
