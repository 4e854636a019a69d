"""Names of a network's outputs, from the dictionaries, named tuples and dataclasses that they lie in."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from torch.utils import _pytree as pytree

__all__ = ["distinct", "output_name", "take_apart", "tensors_with_names"]


def tensors_with_names(outputs: Any, kind: type) -> tuple[list[Any], tuple[str | None, ...]]:
    """The leaves of this kind, in order, and the name of each: its keys joined by `.`, None for a place in a tuple.

    A letter that no name may have becomes `_`, and of two equal names the second gets a number.
    """
    leaves = [(path, leaf) for path, leaf in pytree.tree_flatten_with_path(outputs)[0] if isinstance(leaf, kind)]
    return [leaf for _, leaf in leaves], distinct([output_name(path) for path, _ in leaves])


def output_name(path: Sequence[Any]) -> str | None:
    """The name of what lies at a pytree's path; None where the path has no key but places in tuples and lists."""
    if all(isinstance(key, pytree.SequenceKey) for key in path):
        return None
    words = [str(getattr(key, "key", getattr(key, "name", getattr(key, "idx", key)))) for key in path]
    words = [re.sub(r"[^A-Za-z0-9_]", "_", word) or "_" for word in words]
    return ".".join([f"output_{words[0]}" if words[0][0].isdigit() else words[0], *words[1:]])


def take_apart(outputs: Any) -> None:
    """Let PyTorch look into dataclasses, and dictionaries of other types, that outputs lie in, such as transformers'
    ModelOutput; by itself it takes one for a single value. It does so from then on.
    """
    unknown = {type(leaf) for leaf in pytree.tree_leaves(outputs) if _has_parts(leaf)}
    for kind in unknown:
        pytree.register_pytree_node(
            kind,
            _without_keys,
            partial(_put_together, kind),
            flatten_with_keys_fn=_with_keys,
            serialized_type_name=f"{kind.__module__}.{kind.__qualname__}",
        )
    if unknown:
        take_apart(outputs)


def _has_parts(leaf: Any) -> bool:
    return isinstance(leaf, Mapping) or (dataclasses.is_dataclass(leaf) and not isinstance(leaf, type))


def _parts(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value.items())
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _without_keys(value: Any) -> tuple[list[Any], list[str]]:
    parts = _parts(value)
    return list(parts.values()), list(parts)


def _with_keys(value: Any) -> tuple[list[tuple[pytree.KeyEntry, Any]], list[str]]:
    parts = _parts(value)
    return [(pytree.MappingKey(name), part) for name, part in parts.items()], list(parts)


def _put_together(kind: Any, parts: Iterable[Any], names: list[str]) -> Any:
    pairs = dict(zip(names, parts, strict=True))
    try:
        return kind(**pairs)
    except TypeError:  # one that takes a mapping, as dictionaries do
        return kind(pairs)


def distinct(names: Sequence[str | None], inputs: Iterable[str] = ("image", "input")) -> tuple[str | None, ...]:
    """The names, with a number behind one that an input or an earlier output has."""
    seen = Counter(map(_alike, inputs))
    found: list[str | None] = []
    for name in names:
        if name is not None:
            seen[_alike(name)] += 1
            count = seen[_alike(name)]
            name = name if count == 1 else f"{name}_{count}"
        found.append(name)
    return tuple(found)


def _alike(name: str) -> str:
    """What two names must not share: Core ML has no dots in names, and case is not told apart."""
    return name.lower().replace(".", "_")
