"""An accuracy that is suspiciously low is told, with the cause where it can be found."""

from collections.abc import Sequence

import numpy as np
import pytest

from efficientmod_export.eval._alternatives import Trial, Tried
from efficientmod_export.eval._result import Row
from efficientmod_export.eval._runs import Said, Seen
from efficientmod_export.eval._statistics import row_of
from efficientmod_export.eval._suspicion import _by_chance, better, is_doubtful, low, published_top1, renamed, worse

CLASSES = 10


def seen(said: Sequence[int]) -> list[Seen]:
    return [
        Seen(f"{place:04}", 1, 0, None, 1.0, {"x": Said((best,), 0.0, 0.0, 0.0, 1.0)})
        for place, best in enumerate(said)
    ]


def truths(classes: Sequence[int]) -> dict[str, tuple[int, ...]]:
    return {f"{place:04}": (right,) for place, right in enumerate(classes)}


def row(said: Sequence[int], right: Sequence[int]) -> Row:
    return row_of("x", None, seen(said), truths(right), None, CLASSES)


RIGHT = [number % CLASSES for number in range(200)]


def told(said: Sequence[int]) -> list[str]:
    return renamed(row(said, RIGHT), seen(said), truths(RIGHT))


def test_a_network_that_is_right_is_not_suspected() -> None:
    assert told(RIGHT) == low(row(RIGHT, RIGHT), CLASSES, 0.9) == []


def test_another_order_of_the_labels_is_told() -> None:
    shifted = [(right + 1) % CLASSES for right in RIGHT]
    mostly = [shifted[place] if place % 5 else 3 for place in range(len(RIGHT))]
    for said in (shifted, mostly):
        (sentence,) = told(said)
        assert "order of the labels" in sentence
    assert "100.0 %" in told(shifted)[0]


def test_two_folders_in_the_other_order_among_ten_are_not_enough_to_tell() -> None:
    assert told([{0: 1, 1: 0}.get(right, right) for right in RIGHT]) == []


def test_noise_and_one_answer_for_all_are_no_other_order() -> None:
    random = np.random.RandomState(0)
    assert told(random.randint(0, CLASSES, len(RIGHT)).tolist()) == []
    assert told([4] * len(RIGHT)) == []


def test_one_picture_a_class_tells_nothing_of_their_order() -> None:
    several = list(range(CLASSES))
    said = [(right + 1) % CLASSES for right in several]
    assert renamed(row(said, several), seen(said), truths(several)) == []


def test_chance_and_what_is_published() -> None:
    (sentence,) = low(row([4] * len(RIGHT), RIGHT), CLASSES, None)
    assert "chance" in sentence
    half = [right if place % 2 else (right + place) % CLASSES for place, right in enumerate(RIGHT)]
    assert low(row(half, RIGHT), CLASSES, None) == []
    (sentence,) = low(row(half, RIGHT), CLASSES, 0.9)
    assert "90.0 %" in sentence
    assert published_top1("efficientmod_s", 1000) == pytest.approx(0.819)
    assert published_top1("efficientmod_s", 10) is published_top1("my.own:build", 1000) is None


def compared(lost: int, gained: int) -> list[str]:
    """Of 100 pictures the first `lost` are right in the reference alone, the next `gained` in the artifact alone."""

    def said(right: bool, place: int) -> Said:
        return Said(((place + (not right)) % CLASSES,), 1.0, 0.1, 0.0, 1.0)

    pairs = [(not lost <= place < lost + gained, place >= lost) for place in range(100)]
    both = [
        Seen(f"{place:04}", 1, 0, None, 1.0, {"p": said(reference, place), "x": said(own, place)})
        for place, (reference, own) in enumerate(pairs)
    ]
    right = truths([place % CLASSES for place in range(100)])
    return worse(row_of("x", None, both, right, "p", CLASSES), "p")


def test_an_artifact_that_is_right_less_often_is_told() -> None:
    (sentence,) = compared(12, 2)
    assert "10.0 %" in sentence
    assert "than p" in sentence
    assert compared(6, 4) == compared(3, 0) == compared(2, 12) == compared(0, 0) == []


def test_alternatives_are_tried_where_there_is_doubt() -> None:
    right = row(RIGHT, RIGHT)
    assert not is_doubtful(right, None)
    low_one = row([right if place % 4 else 0 for place, right in enumerate(RIGHT)], RIGHT)
    assert is_doubtful(low_one, None)
    assert not is_doubtful(low_one, 0.7)
    assert not is_doubtful(row_of("x", None, seen(RIGHT), {}, None, CLASSES), None)


def trial(own: bool, own_nats: float, **others: tuple[bool, float]) -> Trial:
    return Trial(Tried(own, own_nats), {name: Tried(*one) for name, one in others.items()})


def test_the_best_alternative_is_named_with_its_accuracy() -> None:
    trials = [trial(place % 4 > 0, -1.0, small=(True, -0.9), large=(True, -0.1)) for place in range(40)]
    (sentence,) = better(trials, "PyTorch")
    assert "large: top-1 100.0 % in place of 75.0 % on 40 pictures" in sentence


def test_an_alternative_that_makes_most_pictures_right_need_not_be_more_certain() -> None:
    """As where the pixels, from 0 to 255, were not scaled: all probabilities are 0 or 1."""
    trials = [trial(False, -9.0, other=(True, -1.0)) for _ in range(12)]
    trials += [trial(True, 0.0, other=(True, -0.1)) for _ in range(30)]
    assert len(better(trials, "PyTorch")) == 1
    assert better([*trials[:3], *trials[12:]], "PyTorch") == []


@pytest.mark.parametrize(
    ("right", "nats"),
    [
        (False, -0.1),  # more certain, and not more often right
        (True, -1.1),  # right by luck on the border, and mostly less certain
    ],
)
def test_an_alternative_must_be_right_more_often_and_more_certain(right: bool, nats: float) -> None:
    trials = [trial(place % 10 > 0, -1.0, other=(right or place % 10 > 0, nats)) for place in range(40)]
    assert better(trials, "PyTorch") == []
    assert better([], "PyTorch") == []


def test_the_sign_test_is_scipys() -> None:
    # scipy 1.17.1: binomtest(k, n, alternative="greater").pvalue
    assert _by_chance(33, 47) == pytest.approx(0.003971363254741787, rel=1e-12)
    assert _by_chance(0, 5) == 1.0
    assert _by_chance(5, 5) == 1 / 32
