"""Views of calibration pictures."""

import pytest
import torch

from efficientmod_export.quantisation import _views
from efficientmod_export.quantisation._views import with_views

HEIGHT, WIDTH = 16, 24


def pictures(count: int, *, channels: int = 3) -> list[tuple[torch.Tensor, ...]]:
    torch.manual_seed(1)
    return [(torch.rand(1, channels, HEIGHT, WIDTH),) for _ in range(count)]


def test_each_picture_is_followed_by_itself_mirrored_and_two_corners() -> None:
    given = pictures(5)
    found = with_views(given)
    assert len(found) == 20
    assert all(one is other for one, other in zip(found[:5], given, strict=True))
    for (picture,), (mirrored,) in zip(given, found[5:10], strict=True):
        assert torch.equal(mirrored, torch.from_numpy(picture.numpy()[..., ::-1].copy()))
    assert all(one.shape == given[0][0].shape for (one,) in found)


def test_the_corners_are_four_in_turns() -> None:
    """A bright spot in a corner is in the views of the pictures that keep it."""
    picture = torch.zeros(1, 1, HEIGHT, WIDTH)
    picture[..., -1, 0] = 1.0  # bottom left
    corners = [one for (one,) in with_views([(picture,)] * 4)[8:12]]
    assert [float(one.max()) > 0 for one in corners] == [False, True, False, False]
    assert float(corners[1][..., -1, 0]) == 1.0


def test_they_end_where_the_numbers_do(monkeypatch: pytest.MonkeyPatch) -> None:
    given = pictures(4)
    numbers = 4 * 3 * HEIGHT * WIDTH
    monkeypatch.setattr(_views, "MOST_NUMBERS", 2 * numbers)
    assert len(with_views(given)) == 8
    monkeypatch.setattr(_views, "MOST_NUMBERS", 2 * numbers - 1)
    assert len(with_views(given)) == 4


def test_other_inputs_stay_what_they_are() -> None:
    tokens, rows = torch.arange(6)[None], torch.rand(1, 8, 16, 16)
    assert with_views([(tokens, rows)]) == [(tokens, rows)]
    (picture,) = pictures(1)[0]
    found = with_views([(picture, tokens)])
    assert len(found) == 4
    assert all(one[1] is tokens for one in found)
