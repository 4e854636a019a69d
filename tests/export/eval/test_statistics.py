"""Fractions, intervals, agreement, flips, signal to noise and confusions, against values that are not ours."""

import math

import numpy as np
import pytest

from efficientmod_export._intervals import wilson_interval
from efficientmod_export.eval._choice import PYTORCH
from efficientmod_export.eval._runs import Said, Seen, _said
from efficientmod_export.eval._statistics import confusions, differing, row_of

REFERENCE = PYTORCH


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        # scipy 1.17.1: binomtest(right, n).proportion_ci(0.95, method="wilson")
        (38, 47, 0.6745599542033822, 0.8958406730145773),
        (46, 47, 0.8888701895837065, 0.996234231961403),
        (0, 47, 0.0, 0.07555760416399632),
        (47, 47, 0.9244423958360036, 1.0),
        (406, 600, 0.6382180739439585, 0.712867458364534),
        (1, 1, 0.20654931437723745, 1.0),
    ],
)
def test_wilsons_interval_is_scipys(right: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(right / n, n) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize("n", [1, 5, 12, 47, 600])
def test_none_and_all_end_at_the_ends(n: int) -> None:
    """To the last digit, as a table shows it."""
    assert (wilson_interval(0.0, n)[0], wilson_interval(1.0, n)[1]) == (0.0, 1.0)


def seen(picture: str, **best: tuple[int, ...]) -> Seen:
    said = {name.replace("pytorch", REFERENCE): Said(classes, 4.0, 0.25, 0.1, 2.0) for name, classes in best.items()}
    return Seen(picture, 1, 0, None, 5.0, said)


SEEN = [
    seen("a", pytorch=(0, 1, 2, 3, 4), x=(0, 1, 2, 3, 4)),  # both right
    seen("b", pytorch=(1, 0, 2, 3, 4), x=(2, 1, 0, 3, 4)),  # right in PyTorch alone
    seen("c", pytorch=(5, 2, 1, 0, 3), x=(2, 5, 1, 0, 3)),  # right in the artifact alone
    seen("d", pytorch=(5, 4, 3, 2, 1), x=(6, 4, 3, 2, 1)),  # both wrong, differently
    seen("e", pytorch=(4, 5, 6, 0, 1), x=()),  # a score that is not finite
    seen("f", pytorch=(4, 5, 6, 0, 1), x=(4, 5, 6, 0, 1)),  # without a label
    Seen("g", 1, 0, "cannot be decoded", 0.0, {}),
]
TRUTHS = {"a": (0,), "b": (1, 6), "c": (2,), "d": (0,), "e": (4,), "g": (1,)}


def test_a_row_counts_what_can_be_counted_by_hand() -> None:
    row = row_of("x", None, SEEN, TRUTHS, REFERENCE, 7)
    assert row.pictures == 6
    assert row.top1 is not None
    assert (row.top1.right, row.top1.n, row.top1.fraction) == (2, 5, 0.4)
    assert row.top5 is not None
    assert (row.top5.right, row.top5.n) == (3, 5)  # a, b and c; neither d nor e
    assert row.not_finite == 1
    agreement = row.agreement
    assert agreement is not None
    assert (agreement.same, agreement.n) == (2, 6)
    assert (agreement.to_wrong, agreement.to_right) == (2, 1)  # b and e; c
    assert agreement.differs_at_most == pytest.approx(wilson_interval(4 / 6, 6)[1])
    assert agreement.sqnr_db == pytest.approx(10 * math.log10(4.0 / 0.25))


def test_the_reference_and_few_classes_and_no_labels() -> None:
    own = row_of(REFERENCE, None, SEEN, TRUTHS, REFERENCE, 7)
    assert own.agreement is None
    assert own.top1 is not None
    assert own.top1.right == 3
    assert row_of("x", None, SEEN, TRUTHS, REFERENCE, 5).top5 is None
    unlabelled = row_of("x", None, SEEN, {}, REFERENCE, 7)
    assert (unlabelled.top1, unlabelled.top5) == (None, None)
    assert unlabelled.agreement is not None
    assert (unlabelled.agreement.to_wrong, unlabelled.agreement.same) == (None, 2)


def test_two_scores_that_are_not_finite_do_not_agree() -> None:
    row = row_of("x", None, [seen("a", pytorch=(), x=())], {}, REFERENCE, 7)
    assert row.agreement is not None
    assert row.agreement.same == 0


def test_confusions_and_the_pictures_that_differ() -> None:
    found = confusions(REFERENCE, SEEN, TRUTHS, "ABCDEFG")
    assert [(one.truth_label, one.said_label, one.count) for one in found] == [("A", "F", 1), ("C", "F", 1)]
    assert [one.picture for one in differing(SEEN, TRUTHS, REFERENCE)] == ["b", "c", "d"]
    assert differing(SEEN, TRUTHS, None) == ()
    first = differing(SEEN, TRUTHS, REFERENCE)[0]
    assert (first.truth, first.reference, dict(first.artifacts)) == ((1, 6), 1, {"x": 2})


def test_what_is_kept_of_two_outputs() -> None:
    reference = np.array([1.0, 4.0, -2.0, 3.0, 0.0, 0.5])
    result = np.array([1.0, 2.0, -2.0, 3.0, 0.0, 0.5])
    said = _said(result, reference, 7.0)
    assert said.best == (3, 1, 0, 5, 4)
    assert (said.signal, said.noise, said.ms) == (float(np.sum(reference**2)), 4.0, 7.0)
    assert said.displacement == pytest.approx((4 - 3) / 6)
    assert _said(np.full(6, np.nan), reference, 1.0) == Said((), 0.0, 0.0, 0.0, 1.0)
    assert _said(np.array([2.0, 2.0, 1.0]), None, 1.0).best == (0, 1, 2)  # of equal scores the lower class
