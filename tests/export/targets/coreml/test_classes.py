"""What Vision reads of a classifier is held against its scores."""

import numpy as np
import pytest

from efficientmod_export.targets.coreml._classifier import check_classes

LOGITS = np.array([[2.0, -1.0, 0.5]], np.float32)
SOFTMAX = np.exp(LOGITS[0]) / np.exp(LOGITS[0]).sum()
LABELS = ("crane", "crane (2)", "moss")


def named(values: np.ndarray) -> dict[str, float]:
    return dict(zip(LABELS, values.tolist(), strict=True))


def test_the_softmax_of_logits_and_probabilities_themselves() -> None:
    check_classes("crane", named(SOFTMAX), LOGITS)
    check_classes("crane", named(SOFTMAX), SOFTMAX[None].astype(np.float32))


def test_probabilities_of_their_own() -> None:
    sigmoid = 1.0 / (1.0 + np.exp(-LOGITS[0]))
    check_classes("crane", named(sigmoid), sigmoid[None])
    with pytest.raises(ValueError, match="are not the softmax"):
        check_classes("crane", named(sigmoid * 1.02), sigmoid[None])


def test_a_second_softmax_is_a_fault() -> None:
    twice = np.exp(SOFTMAX) / np.exp(SOFTMAX).sum()
    with pytest.raises(ValueError, match="classLabel_probs are not the scores"):
        check_classes("crane", named(twice), SOFTMAX[None].astype(np.float32))


@pytest.mark.parametrize(
    ("label", "probabilities", "says"),
    [
        ("crane", SOFTMAX[::-1], "are not the softmax of the scores"),
        ("crane", SOFTMAX * 1.02, "are not the softmax of the scores"),
        ("moss", SOFTMAX, "classLabel is 'moss', which has not the greatest probability"),
        ("heron", SOFTMAX, "classLabel is 'heron'"),
    ],
)
def test_other_classes_are_a_fault(label: str, probabilities: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check_classes(label, named(probabilities), LOGITS)
