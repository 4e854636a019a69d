"""The classes that a word names: the number of a class, an ImageNet synset such as n01440764, or a label."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from efficientmod_mobile import register_with_timm

SYNSET = re.compile(r"n\d{8}(?![0-9A-Za-z])")
"""At the beginning of a word: folders are also called n02085620-Chihuahua."""

BEHIND_BACKGROUND = 1001
"""Outputs of TensorFlow's networks for ImageNet: the 1000 classes come behind one for the background."""

Classes = tuple[int, ...]
"""Acceptable classes, sorted; empty where nothing is known."""


class ClassNames:
    """The names of a network's `count` classes: `labels` are the bundle's, label i for class i."""

    def __init__(self, count: int, labels: Sequence[str] | None) -> None:
        self.count = count
        self.labels = labels

    @property
    def first(self) -> int:
        """The class that ImageNet's order calls 0."""
        return int(self.count == BEHIND_BACKGROUND)

    @cached_property
    def synsets(self) -> Mapping[str, int] | None:
        """Synset -> class: the bundle's labels where these are synsets, else timm's list for this number of classes;
        None where there is none. Raises DependencyError without timm.
        """
        found = [(SYNSET.match(label), place) for place, label in enumerate(self.labels or ())]
        own = {match[0]: place for match, place in found if match}
        if own:
            return own
        register_with_timm()  # which imports it, also beside a torch for which torchvision was not built
        from timm.data import ImageNetInfo, infer_imagenet_subset

        subset = infer_imagenet_subset({"num_classes": self.count - self.first})
        if subset is None:
            return None
        return {synset: place for place, synset in enumerate(ImageNetInfo(subset).label_names(), self.first)}

    @cached_property
    def _by_label(self) -> list[tuple[Callable[[str], str], dict[str, set[int]]]]:
        """Each spelling, the strictest first, with the classes by their labels in it."""
        spelled: list[tuple[Callable[[str], str], dict[str, set[int]]]] = []
        for spelling in (_as_it_is, _plain, _words):
            found: dict[str, set[int]] = {}
            for place, label in enumerate(self.labels or ()):
                named = SYNSET.sub("", label, count=1)
                for name in (label, named, *named.split(",")):  # ImageNet's labels are lists of synonyms
                    found.setdefault(spelling(name), set()).add(place)
            found.pop("", None)
            spelled.append((spelling, found))
        return spelled

    def of_label(self, word: str) -> Classes:
        """The classes with this label, as it is written, else whatever its case, blanks and signs. Two labels of
        ImageNet repeat.
        """
        places = next((found[spelt(word)] for spelt, found in self._by_label if spelt(word) in found), set[int]())
        return tuple(sorted(places))

    def of_synset(self, word: str) -> Classes:
        """The class of the synset with which the word begins."""
        match = SYNSET.match(word)
        place = (self.synsets or {}).get(match[0]) if match else None
        return () if place is None else (place,)

    def of_text(self, text: str) -> Classes:
        """The classes in a cell of a table: synsets, numbers, one label, or labels between `;` or `|`.

        Beside a synset numbers are no classes: they are the boxes of ImageNet's LOC_val_solution.csv.
        """
        words = re.split(r"[\s;|,]+", text.strip().strip("[]() "))
        synsets = [word for word in words if SYNSET.fullmatch(word)]
        if synsets:
            return tuple(sorted({place for word in synsets for place in self.of_synset(word)}))
        label = self.of_label(text)
        if label:
            return label
        numbers = numbers_of(text)
        if numbers:
            return numbers if numbers[-1] < self.count else ()
        found = [self.of_label(part) for part in re.split(r"[;|]", text)]
        return tuple(sorted({place for places in found for place in places})) if all(found) else ()


def numbers_of(text: str) -> Classes:
    """The numbers in a cell of a table, also as 1.0 (pandas) and [1, 2] (Python); none beside other words."""
    words = re.split(r"[\s;|,]+", text.strip().strip("[]() "))
    return tuple(sorted({int(float(word)) for word in words})) if all(map(_NUMBER.fullmatch, words)) else ()


_NUMBER = re.compile(r"[0-9]{1,9}(\.0+)?")


def _as_it_is(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip())  # a Mac's folders are in NFD


def _plain(name: str) -> str:
    return " ".join(re.split(r"[\s_-]+", _as_it_is(name).casefold())).strip()


def _words(name: str) -> str:
    """Without signs, which folders often cannot have: `jack-o-lantern` for "jack-o'-lantern"."""
    return " ".join(re.sub(r"[!-/:-@\[-`{-~\u2019]+", " ", re.sub("['\u2019]", "", _as_it_is(name).casefold())).split())
