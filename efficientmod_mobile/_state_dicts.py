"""Find the state dict in what a training script saved."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from efficientmod_mobile.errors import CheckpointError
from efficientmod_mobile.messages import shortened

State = Mapping[str, Tensor]
Found = tuple[str, State]
"""The keys that lead to a state dict, joined by dots ("" for the whole file), and the state dict."""

USUAL = ("state_dict", "model_state_dict", "model_state", "model", "network", "net", "weights", "params", "module")
"""The keys under which training scripts save the state dict, the commonest first."""
DEEPEST = 3
_OF_TRAINING = re.compile(r"optim|sched|scaler|callback|loop|loss|rng", re.IGNORECASE)
"""Keys below which the tensors are no weights."""


def find_state_dict(content: object, source: str, key: str | None = None) -> Found:
    """The state dict under `key` (`"model.ema"`: `ema` in `model`); without one the moving average if there is one (the
    published accuracy is its, and timm's own loader prefers it too), else the most usual.

    Raises CheckpointError where there is none, or several of which none is usual.
    """
    if not isinstance(content, Mapping):
        raise CheckpointError(
            f"The checkpoint {source} contains an object of type {type(content).__name__}, not a state dict.",
            code="no_state_dict",
        )
    found = dict(_state_dicts(content, ()))
    if key is not None:
        return _under(key, found, source)
    if not found:
        raise CheckpointError(
            f"The checkpoint {source} contains no state dict, neither at the top level nor below; "
            f"its keys are {shortened([str(one) for one in content]) or 'none'}.",
            code="no_state_dict",
        )
    ranked = sorted(found, key=_rank)
    best = [name for name in ranked if _rank(name) == _rank(ranked[0])]
    if len(best) > 1:
        raise CheckpointError(
            f"The checkpoint {source} contains several state dicts: {shortened(best)}; choose one with "
            "--checkpoint-key.",
            code="ambiguous_checkpoint",
        )
    return best[0], found[best[0]]


def is_average(key: str) -> bool:
    """Whether one of its parts says that it is a moving average, as in `state_dict_ema` or `ema.module`."""
    return "ema" in re.split(r"[._]", key.lower())


def _under(key: str, found: Mapping[str, State], source: str) -> Found:
    if key not in found:
        known = f"choose from {shortened([name for name in found if name])}" if any(found) else "leave the key out"
        raise CheckpointError(
            f"The checkpoint {source} has no state dict under {key!r}; {known}.", code="no_such_checkpoint_key"
        )
    return key, found[key]


def _state_dicts(content: Mapping[Any, object], path: tuple[str, ...]) -> Iterator[Found]:
    if content and all(isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()):
        yield ".".join(path), content  # type: ignore[misc]
        return
    for key, value in content.items():
        if isinstance(key, str) and isinstance(value, Mapping) and not _OF_TRAINING.search(key) and len(path) < DEEPEST:
            yield from _state_dicts(value, (*path, key))


def _rank(key: str) -> tuple[bool, int]:
    places = [USUAL.index(part) for part in key.split(".") if part in USUAL]
    return not is_average(key), min(places, default=len(USUAL))
