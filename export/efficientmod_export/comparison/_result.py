"""The result of a comparison, for the terminal, `--json` and Python."""

from dataclasses import dataclass
from pathlib import Path

from efficientmod_export._plain import PlainRecord
from efficientmod_mobile.errors import ParityError


@dataclass(frozen=True)
class Change(PlainRecord):
    """What is another in the second bundle; `before` and `after` are None where there is none. `must` is what an app
    must do about it, None where it goes on as before.
    """

    what: str
    before: str | None
    after: str | None
    must: str | None = None


@dataclass(frozen=True)
class Answer(PlainRecord):
    """The best class of a picture: its place, its name if the bundle has names, and its probability."""

    index: int
    label: str | None
    value: float


@dataclass(frozen=True)
class Flip(PlainRecord):
    """A picture whose best class is another one."""

    picture: str
    before: Answer
    after: Answer


@dataclass(frozen=True)
class Agreement(PlainRecord):
    """An artifact of each bundle on the same pictures, each as its own bundle prepares them.

    Of classifiers: how many pictures have the same best class (`flips` are the others), and for how many the same five
    are the best, whatever their order. Classes are the same by their names where both bundles have names.
    `largest_difference` is that of any probability, of other outputs that of any value as a fraction of the first
    bundle's range; None where the outputs cannot be compared.
    """

    JSON_PROPERTIES = ("same_best",)

    before: str
    after: str
    pictures: int
    classes: bool
    same_five: int
    flips: tuple[Flip, ...]
    largest_difference: float | None

    @property
    def same_best(self) -> int:
        """How many pictures have the same best class."""
        return self.pictures - len(self.flips)


@dataclass(frozen=True)
class CompareResult(PlainRecord):
    """Two bundles, `pictures` in words. `not_compared` has a sentence for each artifact, or for all, that was not run
    on the pictures.
    """

    JSON_PROPERTIES = ("exit_code",)

    before: Path
    after: Path
    changes: tuple[Change, ...]
    pictures: str
    agreements: tuple[Agreement, ...]
    not_compared: tuple[str, ...]

    @property
    def required(self) -> tuple[Change, ...]:
        """The changes for which an app must do something."""
        return tuple(change for change in self.changes if change.must is not None)

    @property
    def exit_code(self) -> int:
        """0 where the second bundle can take the first one's place in an app as it is, else 1."""
        return ParityError.exit_code if self.required else 0
