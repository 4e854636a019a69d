"""From what was said of every picture to the rows: fractions with intervals, agreement, flips, confusions.

    sqnr_db    10 log10(sum r^2 / sum (y - r)^2)

with the sums over all classes of all pictures, of the reference's scores r and the artifact's y.
"""

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata

from efficientmod_export._intervals import wilson_interval
from efficientmod_export.eval._choice import Chosen
from efficientmod_export.eval._class_names import Classes
from efficientmod_export.eval._result import Agreement, Confusion, Differing, Row, Score
from efficientmod_export.eval._runs import BEST, Said, Seen
from efficientmod_export.parity import SQNR_CAP_DB

WORST_CONFUSIONS = 10

Truths = Mapping[str, Classes]


def score(right: int, n: int) -> Score:
    """`right` of `n`, with its interval."""
    return Score(right, n, right / n, wilson_interval(right / n, n))


def is_right(said: Said, classes: Classes, k: int = 1) -> bool:
    """Whether one of the classes is among the k best."""
    return not set(said.best[:k]).isdisjoint(classes)


def row_of(
    name: str, chosen: Chosen | None, seen: Sequence[Seen], truths: Truths, reference: str | None, classes: int
) -> Row:
    """The row of one contender; `chosen` is None for PyTorch, `classes` their number."""
    said = {one.picture: one.said[name] for one in seen if name in one.said}
    labelled = [(said[picture], truths[picture]) for picture in said if picture in truths]

    def top(k: int) -> Score | None:
        return score(sum(is_right(one, right, k) for one, right in labelled), len(labelled)) if labelled else None

    return Row(
        name=name,
        artifact=chosen.entry.file if chosen else None,
        target=chosen.entry.target if chosen else None,
        precision=chosen.entry.precision if chosen else None,
        runtime=chosen.here.title if chosen else f"PyTorch {metadata.version('torch')}",
        interpreted=chosen is not None and chosen.here.interpreted_because is not None,
        pictures=len(said),
        top1=top(1),
        top5=top(BEST) if classes > BEST else None,
        agreement=None if reference is None or name == reference else _agreement(name, reference, seen, truths),
        ms=statistics.median(one.ms for one in said.values()) if said else 0.0,
        not_finite=sum(not one.best for one in said.values()),
    )


def _agreement(name: str, reference: str, seen: Sequence[Seen], truths: Truths) -> Agreement | None:
    both = [one for one in seen if {name, reference} <= one.said.keys()]
    if not both:
        return None
    pairs = [(one.said[name], one.said[reference], truths.get(one.picture)) for one in both]
    same = sum(bool(own.best) and own.best[:1] == other.best[:1] for own, other, _ in pairs)
    flips = [(is_right(own, right), is_right(other, right)) for own, other, right in pairs if right]
    signal, noise = (math.fsum(getattr(own, part) for own, _, _ in pairs) for part in ("signal", "noise"))
    return Agreement(
        same=same,
        n=len(pairs),
        fraction=same / len(pairs),
        differs_at_most=wilson_interval(1 - same / len(pairs), len(pairs))[1],
        to_wrong=flips.count((False, True)) if truths else None,
        to_right=flips.count((True, False)) if truths else None,
        sqnr_db=_decibels(signal, noise),
    )


def _decibels(signal: float, noise: float) -> float:
    if not noise:
        return SQNR_CAP_DB
    return min(max(10 * math.log10(signal / noise), -SQNR_CAP_DB), SQNR_CAP_DB) if signal else -SQNR_CAP_DB


def confusions(name: str, seen: Sequence[Seen], truths: Truths, labels: Sequence[str] | None) -> tuple[Confusion, ...]:
    """What was said most often instead of what; of several acceptable classes the first counts."""
    pairs = Counter(
        (truths[one.picture][0], one.said[name].best[0])
        for one in seen
        if one.picture in truths and name in one.said and one.said[name].best
        if not is_right(one.said[name], truths[one.picture])
    )
    ordered = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:WORST_CONFUSIONS]
    return tuple(
        Confusion(truth, labels[truth] if labels else None, said, labels[said] if labels else None, count)
        for (truth, said), count in ordered
    )


def differing(seen: Sequence[Seen], truths: Truths, reference: str | None) -> tuple[Differing, ...]:
    """The pictures on which an artifact says something else than the reference; what is the least of a tie first."""
    found = []
    for one in seen:
        if reference not in one.said or not one.said[reference].best:
            continue
        own = one.said[reference].best[0]
        others = {name: said for name, said in one.said.items() if said.best and said.best[0] != own}
        if others:
            named = {name: said.best[0] for name, said in others.items()}
            worst = max(said.displacement for said in others.values())
            found.append(Differing(one.picture, truths.get(one.picture, ()), own, named, worst))
    return tuple(sorted(found, key=lambda one: (-one.displacement, one.picture)))
