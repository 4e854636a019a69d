"""The artifacts of two bundles on the same pictures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from efficientmod_export._picture_run import artifact_runner, picture_sample, variant_of
from efficientmod_export._stages import ProgressReport, Sample
from efficientmod_export.bundle import follow, picture_input_of
from efficientmod_export.bundle.contract import ArtifactEntry, Bundle
from efficientmod_export.comparison._result import Agreement, Answer, Flip
from efficientmod_mobile.errors import EfficientModError

Array = NDArray[Any]
BEST = 5


@dataclass(frozen=True)
class Answered:
    """One picture: the probabilities of a classifier's classes, else None, and all outputs by their names."""

    probabilities: Array | None
    outputs: dict[str, Array]


def golden_pictures(*bundles: Bundle) -> dict[str, Path]:
    """The golden pictures of bundles by name, each content once."""
    found: dict[str, tuple[str, Path]] = {}
    for bundle in bundles:
        for sample in bundle.manifest.golden:
            for picture in (given.picture for given in sample.inputs):
                if picture is not None:
                    found.setdefault(picture.sha256, (sample.name, bundle.path / picture.file))
    return dict(found.values())


def agreements(
    before: Bundle, after: Bundle, pictures: Mapping[str, Path], progress: ProgressReport
) -> tuple[tuple[Agreement, ...], tuple[str, ...]]:
    """One for each pair of artifacts of one kind, where there is none for the first of each bundle that runs here; and
    a sentence for each that does not run.
    """
    kinds = [{variant_of(entry).name: entry for entry in bundle.manifest.artifacts} for bundle in (before, after)]
    common = kinds[0].keys() & kinds[1].keys()
    answered, missing = [], []
    for bundle, own in zip((before, after), kinds, strict=True):
        wanted = {name: entry for name, entry in own.items() if name in common or not common}
        done, failed = _all_answers(bundle, wanted, pictures, progress, one=not common)
        answered.append(done)
        missing += failed
    first, second = answered
    pairs = [(name, name) for name in first if name in second] or list(zip(first, second, strict=False))[:1]
    names = list(pictures)
    told = (_agreement(before, after, (one, other), names, first[one], second[other]) for one, other in pairs)
    return tuple(told), tuple(missing)


def _all_answers(
    bundle: Bundle,
    entries: Mapping[str, ArtifactEntry],
    pictures: Mapping[str, Path],
    progress: ProgressReport,
    *,
    one: bool,
) -> tuple[dict[str, list[Answered]], list[str]]:
    """What each artifact that runs here says, or the first `one`; and why the others do not run."""
    _, preprocessing = picture_input_of(bundle)
    samples = [picture_sample(picture, preprocessing) for picture in pictures.values()]
    done: dict[str, list[Answered]] = {}
    missing = []
    for name, entry in entries.items():
        progress(f"{bundle.path}, {name}: predicting")
        try:
            done[name] = list(_answers(bundle, entry, samples))
        except EfficientModError as error:
            missing.append(f"{bundle.path}, {name}: {error}")
            continue
        if one:
            break
    return done, missing


def _answers(bundle: Bundle, entry: ArtifactEntry, samples: Sequence[Sample]) -> Iterator[Answered]:
    run, manifest = artifact_runner(bundle, entry), bundle.manifest
    scores = next((one.name for one in manifest.outputs if one.role == "scores"), None)
    for sample in samples:
        named = dict(zip([one.name for one in manifest.outputs], run(sample), strict=True))
        if scores is None:
            yield Answered(None, named)
        else:
            made = follow(manifest.after_network, named).get(scores, {})
            yield Answered(np.asarray(made.get("softmax", named[scores]))[0], named)


def _agreement(
    before: Bundle,
    after: Bundle,
    artifacts: tuple[str, str],
    names: Sequence[str],
    first: Sequence[Answered],
    second: Sequence[Answered],
) -> Agreement:
    labels = before.labels(), after.labels()
    named = None not in labels
    flips: list[Flip] = []
    same_five = 0
    classes = all(answer.probabilities is not None for answer in (*first, *second))
    for name, *pair in zip(names, first, second, strict=True):
        if not classes:
            break
        best = [_best(answer.probabilities, own) for answer, own in zip(pair, labels, strict=True)]
        keys = [[answer.label if named else answer.index for answer in each] for each in best]
        if keys[0][0] != keys[1][0]:
            flips.append(Flip(name, best[0][0], best[1][0]))
        same_five += set(keys[0]) == set(keys[1])
    difference = _difference(first, second, classes=classes, same_classes=labels[0] == labels[1])
    return Agreement(*artifacts, len(names), classes, same_five, tuple(flips), difference)


def _best(probabilities: Array | None, labels: tuple[str, ...] | None) -> list[Answer]:
    values = np.empty(0) if probabilities is None else probabilities.astype(np.float64)
    places = np.argsort(-values, kind="stable")[:BEST]
    return [Answer(int(place), labels[place] if labels else None, float(values[place])) for place in places]


def _difference(
    first: Sequence[Answered], second: Sequence[Answered], *, classes: bool, same_classes: bool
) -> float | None:
    """The largest of any probability, else of any value as a fraction of the first one's range over all pictures."""
    if classes:
        pairs = [(one.probabilities, other.probabilities) for one, other in zip(first, second, strict=True)]
        if not same_classes or any(one is None or other is None or one.shape != other.shape for one, other in pairs):
            return None
        return max(float(np.abs(one - other).max()) for one, other in pairs if one is not None and other is not None)
    return _largest_of([one.outputs for one in first], [other.outputs for other in second])


def _largest_of(first: Sequence[Mapping[str, Array]], second: Sequence[Mapping[str, Array]]) -> float | None:
    largest = 0.0
    for name in first[0]:
        old, new = ([np.asarray(one.get(name, np.empty(0)), np.float64) for one in each] for each in (first, second))
        if any(one.shape != other.shape for one, other in zip(old, new, strict=True)):
            return None
        spread = max(one.max() for one in old) - min(one.min() for one in old)
        errors = (float(np.abs(one - other).max()) for one, other in zip(old, new, strict=True))
        largest = max(largest, max(errors) / (spread or 1.0))
    return largest
