"""Write `data/node_counts.json` again: `python tests/update_node_counts.py`, or with names of networks only those.

How many operations that move data, and how many norms, timm's networks have before and after the form for XNNPACK. The
numbers change with torch, timm and the transforms; look at the difference before it is committed. To add a network, add
a line that has its `size` alone, and run this.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TypedDict

import torch
from torch import fx

from efficientmod_export.targets import find_target
from efficientmod_mobile import load_network
from efficientmod_mobile.deploy import Deployed, capture, deploy

FILE = Path(__file__).parent / "data" / "node_counts.json"


class Counts(TypedDict):
    """Of one graph."""

    moves: int
    norms: int


class Entry(TypedDict):
    """One network with inputs of `size` (H, W)."""

    size: list[int]
    before: Counts
    after: Counts


def stored() -> dict[str, Entry]:
    """Network -> what the file says of it."""
    entries: dict[str, Entry] = json.loads(FILE.read_text(encoding="utf-8"))
    return entries


def count(name: str, size: list[int]) -> tuple[Entry, Deployed]:
    """What is so of a network now, and its deployed program."""
    program = capture(load_network(name, None).module.eval(), torch.zeros(1, 3, *size))
    before = _moves_and_norms(program.graph)
    deployed = deploy(program, find_target("executorch").variants[0].recipe)
    return Entry(size=size, before=before, after=_moves_and_norms(deployed.program.graph)), deployed


def _moves_and_norms(graph: fx.Graph) -> Counts:
    names = Counter(getattr(node.target, "_opname", "") for node in graph.nodes)
    return Counts(moves=names["permute"] + names["transpose"], norms=names["layer_norm"] + names["group_norm"])


def main(names: list[str]) -> None:
    """Count again, and say what changed."""
    entries = stored()
    for name in names or entries:
        entry, _ = count(name, entries[name]["size"])
        if entry != entries[name]:
            print(f"{name}: {entries[name]} is now {entry}")
        entries[name] = entry
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(entries.items()))
    FILE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
