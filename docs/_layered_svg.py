"""Draw a graph without circles in layers, as SVG: what is imported lies below what imports it."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

CHARACTER, LINE, PADDING = 7.3, 16.0, 9.0
GAP_X, GAP_Y, MARGIN = 22.0, 46.0, 24.0
PASSING = 14.0
"""The width that is kept free for an arrow that passes a layer."""
SWEEPS = 24


@dataclass(frozen=True)
class Label:
    """A node's text, and the colour of its box."""

    lines: tuple[str, ...]
    colour: str

    @property
    def width(self) -> float:
        """In pixels."""
        return max(map(len, self.lines)) * CHARACTER + 2 * PADDING

    @property
    def height(self) -> float:
        """In pixels."""
        return len(self.lines) * LINE + 2 * PADDING


@dataclass(frozen=True)
class Passing:
    """The place in a layer where an arrow passes that begins above it and ends below it."""

    importer: Hashable
    imported: Hashable
    layer: int


Layers = list[list[Hashable]]
"""From the lowest layer up."""
Chains = dict[tuple[Hashable, Hashable], list[Hashable]]
"""(importer, imported) -> the importer, the places that its arrow passes, the imported."""


def draw(graph: Mapping[Any, Iterable[Any]], labels: Mapping[Any, Label], title: str) -> str:
    """The text of an SVG file; the same graph always gives the same text."""
    layers, chains = _layers(graph)
    _order(layers, chains)
    widths = {item: labels[item].width if item in labels else PASSING for layer in layers for item in layer}
    centres = _centres(layers, chains, widths)
    heights = [max((labels[item].height for item in layer if item in labels), default=LINE) for layer in layers]
    tops = [MARGIN + sum(heights[level + 1 :]) + (len(layers) - 1 - level) * GAP_Y for level in range(len(layers))]
    level_of = {item: level for level, layer in enumerate(layers) for item in layer}
    shift = MARGIN - min(centres[item] - widths[item] / 2 for item in centres)
    width = max(centres[item] + widths[item] / 2 for item in centres) + shift + MARGIN
    height = tops[0] + heights[0] + MARGIN

    def top(item: Hashable) -> float:
        level = level_of[item]
        return tops[level] + (heights[level] - labels[item].height) / 2 if item in labels else tops[level]

    def bottom(item: Hashable) -> float:
        return top(item) + (labels[item].height if item in labels else heights[level_of[item]])

    parts = [_head(width, height, title)]
    for chain in chains.values():
        path = f"M{centres[chain[0]] + shift:.1f} {bottom(chain[0]):.1f}"
        for upper, lower in pairwise(chain):
            x1, x2, y1, y2 = centres[upper] + shift, centres[lower] + shift, bottom(upper), top(lower)
            middle = (y1 + y2) / 2
            path += f"C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}"
            if lower is not chain[-1]:
                path += f"V{bottom(lower):.1f}"
        parts.append(f'<path class="arrow" d="{path}"/>')
    parts += [_box(labels[item], centres[item] + shift, top(item)) for item in graph]
    return "\n".join([*parts, "</svg>", ""])


def _layers(graph: Mapping[Hashable, Iterable[Hashable]]) -> tuple[Layers, Chains]:
    """Each node above all that it imports, and the places that longer arrows pass."""
    level: dict[Hashable, int] = {}

    def settle(node: Hashable) -> int:
        if node not in level:
            level[node] = max((settle(other) + 1 for other in graph[node]), default=0)
        return level[node]

    layers: Layers = [[] for _ in range(max(map(settle, graph)) + 1)]
    for node in sorted(graph, key=settle, reverse=True):
        importers = [level[other] for other in graph if node in graph[other]]
        if len(importers) > len(list(graph[node])):  # fewer long arrows
            level[node] = min(importers) - 1
    for node in graph:
        layers[level[node]].append(node)
    chains: Chains = {}
    for node in graph:
        for other in sorted(graph[node], key=str):
            passed: list[Hashable] = [Passing(node, other, at) for at in range(level[node] - 1, level[other], -1)]
            for place in passed:
                layers[place.layer].append(place)  # type: ignore[attr-defined]
            chains[node, other] = [node, *passed, other]
    return layers, chains


def _neighbours(chains: Chains) -> tuple[dict[Hashable, list[Hashable]], dict[Hashable, list[Hashable]]]:
    above: dict[Hashable, list[Hashable]] = {}
    below: dict[Hashable, list[Hashable]] = {}
    for chain in chains.values():
        for upper, lower in pairwise(chain):
            below.setdefault(upper, []).append(lower)
            above.setdefault(lower, []).append(upper)
    return above, below


def _order(layers: Layers, chains: Chains) -> None:
    """Sort each layer by the mean place of its neighbours (Sugiyama et al., 1981), and keep the fewest crossings."""
    above, below = _neighbours(chains)
    best, kept = _crossings(layers, below), [list(layer) for layer in layers]
    for sweep in range(SWEEPS):
        upwards = sweep % 2 == 0
        near = below if upwards else above
        for level in range(1, len(layers)) if upwards else range(len(layers) - 2, -1, -1):
            fixed = {item: place for place, item in enumerate(layers[level - 1 if upwards else level + 1])}
            own = {item: place for place, item in enumerate(layers[level])}
            layers[level].sort(key=lambda item: _mean([fixed[one] for one in near.get(item, ())], own[item]))
        if (count := _crossings(layers, below)) < best:
            best, kept = count, [list(layer) for layer in layers]
    layers[:] = kept


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _weight(item: Hashable, other: Hashable) -> int:
    return (1, 2, 8)[isinstance(item, Passing) + isinstance(other, Passing)]


def _crossings(layers: Layers, below: Mapping[Hashable, list[Hashable]]) -> int:
    count = 0
    for lower, upper in pairwise(layers):
        place = {item: index for index, item in enumerate(lower)}
        ends = [(index, place[one]) for index, item in enumerate(upper) for one in below.get(item, ())]
        count += sum((a - c) * (b - d) < 0 for i, (a, b) in enumerate(ends) for c, d in ends[:i])
    return count


def _centres(layers: Layers, chains: Chains, widths: Mapping[Hashable, float]) -> dict[Hashable, float]:
    """Each item near the mean of its neighbours, in the order of its layer and without overlaps."""
    above, below = _neighbours(chains)
    centres: dict[Hashable, float] = {}
    for layer in layers:
        total = sum(widths[item] + GAP_X for item in layer)
        at = -total / 2
        for item in layer:
            centres[item] = at + widths[item] / 2
            at += widths[item] + GAP_X
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            near = {item: [*above.get(item, ()), *below.get(item, ())] for item in layer}
            # The longer an arrow, the straighter (weights of Gansner et al., 1993).
            wanted = [
                _mean([centres[one] for one in near[item] for _ in range(_weight(item, one))], centres[item])
                for item in layer
            ]
            apart = [(widths[a] + widths[b]) / 2 + GAP_X for a, b in pairwise(layer)]
            right, left = list(wanted), list(wanted)
            for i, gap in enumerate(apart):
                right[i + 1] = max(right[i + 1], right[i] + gap)
            for i in range(len(apart) - 1, -1, -1):
                left[i] = min(left[i], left[i + 1] - apart[i])
            centres |= {item: (r + s) / 2 for item, r, s in zip(layer, right, left, strict=True)}
    return centres


def _head(width: float, height: float, title: str) -> str:
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" \
viewBox="0 0 {width:.0f} {height:.0f}" font-family="monospace" font-size="12">
<title>{escape(title)}</title>
<style>.arrow {{ fill: none; stroke: #555; marker-end: url(#head) }} rect {{ stroke: #333 }}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">\
<path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>
<path d="M0 0H{width:.0f}V{height:.0f}H0z" fill="white"/>"""


def _box(label: Label, centre: float, top: float) -> str:
    x = centre - label.width / 2
    texts = "".join(
        f'<text x="{x + PADDING:.1f}" y="{top + PADDING + LINE * (index + 0.75):.1f}">{escape(line)}</text>'
        for index, line in enumerate(label.lines)
    )
    box = f'<rect x="{x:.1f}" y="{top:.1f}" width="{label.width:.1f}" height="{label.height:.1f}" rx="5"'
    return f'{box} fill="{label.colour}"/>{texts}'
