"""Names of a network's outputs, from the dictionaries, named tuples and attributes that they lie in."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from torch.utils import _pytree as pytree

__all__ = ["output_name", "tensors_with_names"]


def tensors_with_names(outputs: Any, kind: type) -> tuple[list[Any], tuple[str | None, ...]]:
    """The leaves of this kind, in order, and the name of each: its keys joined by `.`, None for a place in a tuple.

    A letter that no name may have becomes `_`, and of two equal names the second gets a number.
    """
    leaves = [(path, leaf) for path, leaf in pytree.tree_flatten_with_path(outputs)[0] if isinstance(leaf, kind)]
    return [leaf for _, leaf in leaves], _distinct([output_name(path) for path, _ in leaves])


def output_name(path: Sequence[Any]) -> str | None:
    """The name of what lies at a pytree's path; None where the path has no key but places in tuples and lists."""
    if all(isinstance(key, pytree.SequenceKey) for key in path):
        return None
    words = [str(getattr(key, "key", getattr(key, "name", getattr(key, "idx", key)))) for key in path]
    words = [re.sub(r"[^A-Za-z0-9_]", "_", word) or "_" for word in words]
    return ".".join([f"output_{words[0]}" if words[0][0].isdigit() else words[0], *words[1:]])


def _distinct(names: Sequence[str | None]) -> tuple[str | None, ...]:
    seen: Counter[str] = Counter({"image": 1, "input": 1})  # what the inputs are called
    distinct: list[str | None] = []
    for name in names:
        if name is not None:
            seen[name.lower()] += 1
            count = seen[name.lower()]
            name = name if count == 1 else f"{name}_{count}"
        distinct.append(name)
    return tuple(distinct)
