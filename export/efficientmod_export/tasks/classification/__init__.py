"""Classification: one score for each class, of which softmax makes probabilities.

Recognised by the number of classes, and an output of shape (1, classes).
Outputs: `scores` are probabilities where all are in [0, 1], and every sample's add up to 1, after a softmax, or the
network's last operators give no others, as a sigmoid for each class; logits otherwise; others are features. Of a file,
whose operators are not looked at, five samples in [0, 1] are taken for what sigmoids give.
After the network: softmax (of logits), then the 5 best classes.
Preprocessing of a network that states none: ImageNet's.
"""

from collections.abc import Sequence

import numpy as np

from efficientmod_export.bundle.contract import Input, Output, Step
from efficientmod_export.tasks._task import Array, Fit, NetworkFacts, dtype_of, feature_output
from efficientmod_mobile import IMAGENET, PreprocessingConfig

SHOWN = 5
LARGEST_PROBABILITY = 1.0 + 1e-6
"""A softmax in float32 rounds."""

SUM_TOLERANCE = 1e-3
"""A float32 softmax over 20,000 classes adds up to 1 within 1e-4."""

ENOUGH = 5
"""Samples of a file: logits of few classes are in [0, 1] for some pictures."""


class Classification:
    """The task."""

    def default_preprocessing(self, network: NetworkFacts) -> PreprocessingConfig:  # noqa: ARG002
        """ImageNet's."""
        return IMAGENET

    def fit(self, network: NetworkFacts) -> Fit:
        """By the number of classes."""
        return 2 if network.num_classes is not None and _place_of_scores(network) is not None else 0

    def outputs(self, network: NetworkFacts) -> tuple[Output, ...]:
        """The first output of shape (1, classes) has the scores."""
        scores = _place_of_scores(network)
        return tuple(
            _scores(network, index) if index == scores else feature_output(index, values)
            for index, values in enumerate(network.outputs[0])
        )

    def after_network(self, outputs: Sequence[Output], inputs: Sequence[Input]) -> tuple[Step, ...]:  # noqa: ARG002
        """The probabilities, and the best classes."""
        scores = next(output for output in outputs if output.role == "scores")
        best = Step(step="top_k", output=scores.name, parameters={"k": min(SHOWN, scores.shape[1])})
        softmax = Step(step="softmax", output=scores.name, parameters={})
        return (softmax, best) if scores.meaning == "logits" else (best,)


def _place_of_scores(network: NetworkFacts) -> int | None:
    """The index of the first float32 output of shape (1, classes)."""
    wanted = (1, network.num_classes)
    return next(
        (
            index
            for index, values in enumerate(network.outputs[0])
            if values.shape == wanted and values.dtype == np.float32
        ),
        None,
    )


def _scores(network: NetworkFacts, index: int) -> Output:
    values = network.values(index)
    within = all(map(_are_within, values))
    meaning = "probabilities" if within and (all(map(_add_up, values)) or _bounded(network, index)) else "logits"
    return Output(
        name=meaning, shape=values[0].shape, dtype=dtype_of(values[0]), layout="any", role="scores", meaning=meaning
    )


def _bounded(network: NetworkFacts, index: int) -> bool:
    if network.bounds is None:
        return len(network.outputs) >= ENOUGH
    least, largest = network.bounds(index)
    return least >= 0.0 and largest <= LARGEST_PROBABILITY


def _are_within(scores: Array) -> bool:
    return bool(np.all((scores >= 0.0) & (scores <= LARGEST_PROBABILITY)))


def _add_up(scores: Array) -> bool:
    return bool(np.all(np.abs(scores.sum(axis=1) - 1.0) <= SUM_TOLERANCE))


TASK = Classification()
