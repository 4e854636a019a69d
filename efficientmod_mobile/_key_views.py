"""The ways in which a state dict's keys may name a network's: without what training wrapped around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from efficientmod_mobile._state_dicts import State, is_average
from efficientmod_mobile.messages import shortened

_LOSS = {"loss", "losses", "criterion", "criterions", "criteria"}


@dataclass(frozen=True)
class KeyView:
    """A state dict without a prefix of its keys, and without keys that are not the network's: `losses`, and `others`
    beside a moving average.
    """

    state: State
    prefix: str = ""
    losses: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def notes(self) -> Iterator[str]:
        """A clause for each thing that was left out."""
        if self.prefix:
            yield f"without the prefix {self.prefix}"
        if self.losses:
            yield f"without {len(self.losses)} keys of a loss ({shortened(self.losses, 3)})"
        if self.others:
            yield f"without {len(self.others)} keys beside the moving average ({shortened(self.others, 3)})"


def key_views(state: State) -> tuple[KeyView, ...]:
    """The state dict as it is, then with less and less around it: first what is nearest to the file."""
    views = [KeyView(state)]
    while (view := _unwrapped(views[-1])) is not None:
        views.append(view)
    return tuple(views)


def _unwrapped(view: KeyView) -> KeyView | None:
    """One thing less: keys of a loss, keys beside a moving average, or the part that all keys begin with."""
    groups = _groups(view.state)
    losses = [first for first in groups if not _LOSS.isdisjoint(first.lower().split("_"))]
    if losses and len(losses) < len(groups):
        kept, left = _without(view.state, losses)
        return KeyView(kept, view.prefix, (*view.losses, *_named(view.prefix, left)), view.others)
    if len(groups) == 1:
        (first,) = groups
        if first in view.state:  # a key of one part, which has no prefix
            return None
        kept = {key.removeprefix(f"{first}."): value for key, value in view.state.items()}
        return KeyView(kept, f"{view.prefix}{first}.", view.losses, view.others)
    averages = [first for first in groups if is_average(first)]
    if len(averages) == 1 and any(groups[first] == groups[averages[0]] for first in groups if first != averages[0]):
        kept, left = _without(view.state, [first for first in groups if first != averages[0]])
        return KeyView(kept, view.prefix, view.losses, (*view.others, *_named(view.prefix, left)))
    return None


def _groups(state: State) -> dict[str, set[str]]:
    """The first parts of the keys, each with what follows it."""
    groups: dict[str, set[str]] = {}
    for key in state:
        first, _, rest = key.partition(".")
        groups.setdefault(first, set()).add(rest)
    return groups


def _without(state: State, firsts: list[str]) -> tuple[Mapping[str, Tensor], list[str]]:
    left = [key for key in state if key.partition(".")[0] in firsts]
    return {key: value for key, value in state.items() if key not in left}, left


def _named(prefix: str, keys: list[str]) -> list[str]:
    return [f"{prefix}{key}" for key in keys]
