"""Whether the accuracy is suspiciously low, and why it may be.

    chance       the interval of top-1 contains 1 / classes: the network tells nothing of these pictures
    published    the interval ends below the accuracy that is published for the model
    renaming     each class is called what is said most often of every second of its pictures; is that right on the
                 others?
    worse        an artifact is right less often than the reference, by the sign test over the flips
    alternatives with another normalisation, or padding, more pictures are right, and of most the right class is more
                 probable than as it is, or of those that flip most become right (`_alternatives`)

Whether it is most is told by the sign test. The probabilities show more in few pictures than the flips; where the
inputs are far too large, they are all 0 or 1, and only the flips show it.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from efficientmod_export.eval._alternatives import Trial
from efficientmod_export.eval._class_names import Classes
from efficientmod_export.eval._result import Row, Score
from efficientmod_export.eval._runs import Seen
from efficientmod_export.eval._statistics import Truths, score
from efficientmod_mobile import catalogue

GAIN = 0.03
"""Of the accuracy, from which an alternative is told."""
SIGNIFICANT = 0.01
"""The probability with which chance alone may make so many right classes more probable."""
RENAMED_GAIN = 0.2
LEAST_RENAMED = 10
"""Pictures on which renamed classes are tried."""
DOUBTLESS = 0.9
"""Top-1 from which nothing is tried, where no accuracy is published."""
IMAGENET_CLASSES = 1000


def published_top1(model: str, classes: int) -> float | None:
    """The published fraction of ImageNet's pictures, from the catalogue; None where there is none."""
    if classes != IMAGENET_CLASSES:
        return None
    found = [entry.top1 for entry in catalogue() if entry.name == model]
    return found[0] / 100 if found and found[0] is not None else None


def is_doubtful(row: Row, published: float | None) -> bool:
    """Whether it is worth trying alternatives."""
    return row.top1 is not None and row.top1.fraction < (DOUBTLESS if published is None else published)


def low(row: Row, classes: int, published: float | None) -> list[str]:
    """Sentences for an accuracy at chance, or below what is published."""
    top1 = row.top1
    if top1 is None:
        return []
    if top1.interval[0] <= 1 / classes:
        return [
            f"{row.name} is right as often as chance ({_told(top1)} of {classes} classes): look at the order of the "
            "labels, the normalisation, and whether these are the trained weights."
        ]
    if published is not None and top1.interval[1] < published:
        return [
            f"{row.name} is right on {_told(top1)}, while {100 * published:.1f} % are published for this model: "
            "look at the normalisation, the order of the labels, and whether the weights are of a variant with another "
            "padding."
        ]
    return []


def worse(row: Row, reference: str) -> list[str]:
    """A sentence for an artifact that is right less often than the reference, by more than chance."""
    one, top1 = row.agreement, row.top1
    if one is None or top1 is None or one.to_wrong is None or one.to_right is None:
        return []
    lost, flips = one.to_wrong - one.to_right, one.to_wrong + one.to_right
    if lost < GAIN * top1.n or _by_chance(one.to_wrong, flips) >= SIGNIFICANT:
        return []
    return [
        f"{row.name} is right on {100 * lost / top1.n:.1f} % fewer of the pictures than {reference}: do not ship it."
    ]


def renamed(row: Row, seen: Sequence[Seen], truths: Truths) -> list[str]:
    """A sentence where the classes are told apart, but by other numbers than the labels'."""
    if row.top1 is None:
        return []
    said: dict[Classes, list[int]] = {}
    for one in seen:
        if one.picture in truths and row.name in one.said and one.said[row.name].best:
            said.setdefault(truths[one.picture], []).append(one.said[row.name].best[0])
    learnt = {right: Counter(best[::2]).most_common(1)[0][0] for right, best in said.items()}
    tried = [(best, right) for right, several in said.items() for best in several[1::2]]
    # Two classes that are told by the same number are not told apart.
    unique = Counter(learnt.values())
    hits = sum(best == learnt[right] and unique[best] == 1 for best, right in tried)
    own = sum(best in right for best, right in tried)
    if len(tried) < LEAST_RENAMED or score(hits, len(tried)).interval[0] - own / len(tried) < RENAMED_GAIN:
        return []
    return [
        f"{row.name} tells the classes apart, but by other numbers than the labels': with the classes renamed as it "
        f"says them, {_told(score(hits, len(tried)))} would be right, not {100 * own / len(tried):.1f} %: the order of "
        "the labels, or of the folders, is another one than in the training."
    ]


def better(trials: Sequence[Trial], reference: str) -> list[str]:
    """A sentence for the best alternative that is right more often than the reference as it is."""
    found: list[tuple[int, float, str]] = []
    for told in dict.fromkeys(name for trial in trials for name in trial.others):
        pairs = [(one.own, one.others[told]) for one in trials if told in one.others]
        gained = sum(other.right - own.right for own, other in pairs)
        likelier = sum(other.likelihood > own.likelihood for own, other in pairs)
        better_now = sum(other.right and not own.right for own, other in pairs)
        by_chance = min(_by_chance(likelier, len(pairs)), _by_chance(better_now, 2 * better_now - gained))
        if gained >= GAIN * len(pairs) and by_chance < SIGNIFICANT:
            before, after = _share(own.right for own, _ in pairs), _share(other.right for _, other in pairs)
            nats = sum(other.likelihood - own.likelihood for own, other in pairs)
            found.append((gained, nats, f"{told}: top-1 {after} in place of {before} on {len(pairs)} pictures"))
    if not found:
        return []
    best = max(found)[-1]
    return [f"{reference} is right more often with {best}. If that is how it was trained, export the bundle again so."]


def _by_chance(heads: int, tosses: int) -> float:
    """The probability of so many heads or more of a fair coin (the sign test)."""
    return float(sum(math.comb(tosses, count) for count in range(heads, tosses + 1)) / 2**tosses)


def _share(right: Iterable[bool]) -> str:
    values = list(right)
    return f"{100 * sum(values) / len(values):.1f} %"


def _told(top1: Score) -> str:
    return f"{100 * top1.fraction:.1f} % ({100 * top1.interval[0]:.1f} to {100 * top1.interval[1]:.1f})"
