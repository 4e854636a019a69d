"""Large depthwise kernels are split into grids or bands that cover every tap once."""

from collections.abc import Callable
from itertools import pairwise, product

import pytest
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_mobile.deploy import SplitDepthwise
from efficientmod_mobile.deploy.forms.xnnpack._depthwise_kernels import DEPTHWISE_TAPS, best_grids, row_bands

from ...conftest import Transformed

SHAPE = (1, 6, 19, 26)


@pytest.mark.parametrize("kernel", [(7, 7), (5, 6), (6, 6), (9, 9), (3, 11), (11, 11), (8, 5)])
def test_the_grids_cover_each_tap_once(kernel: tuple[int, int]) -> None:
    rows, columns = (tuple(range(size)) for size in kernel)
    _, grids = best_grids(rows, columns)
    taps = [tap for grid in grids for tap in product(*grid)]
    assert sorted(taps) == sorted(product(rows, columns))
    for grid in grids:
        assert len(grid[0]) * len(grid[1]) <= DEPTHWISE_TAPS
        for places, size in zip(grid, kernel, strict=True):
            assert [size - 1 - place for place in reversed(places)] == list(places)
            assert len({b - a for a, b in pairwise(places)}) <= 1


def test_seven_by_seven_takes_three_grids() -> None:
    _, grids = best_grids(tuple(range(7)), tuple(range(7)))
    assert [(len(rows), len(columns)) for rows, columns in grids] == [(3, 7), (4, 5), (4, 2)]


@pytest.mark.parametrize("kernel", [(7, 7), (9, 9), (6, 5), (31, 3), (2, 25), (7, 13)])
def test_the_bands_cover_each_row_once_and_are_the_fewest(kernel: tuple[int, int]) -> None:
    rows, columns = kernel
    bands = row_bands(rows, columns)
    assert [row for first, end in bands for row in range(first, end)] == list(range(rows))
    assert all((end - first) * columns <= DEPTHWISE_TAPS for first, end in bands)
    assert len(bands) == -(-rows // (DEPTHWISE_TAPS // columns))


def test_seven_by_seven_takes_three_bands() -> None:
    assert row_bands(7, 7) == ((0, 3), (3, 6), (6, 7))


def test_a_row_that_is_too_long_has_no_bands() -> None:
    with pytest.raises(ValueError, match="a row of 26 taps"):
        row_bands(3, 26)


def depthwise(kernel: int | tuple[int, int], **settings: int | bool | str) -> Callable[[], nn.Module]:
    return lambda: nn.Conv2d(6, 6, kernel, groups=6, **settings)  # type: ignore[arg-type]


SPLIT: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "7x7": (depthwise(7, padding=3), 3),
    "no bias": (depthwise(7, padding=3, bias=False), 3),
    "stride 2": (depthwise(7, padding=3, stride=2), 3),
    "stride 3, wide padding": (depthwise(7, padding=5, stride=3), 3),
    "dilated": (depthwise(7, padding=9, dilation=3), 3),
    "padding as a word": (depthwise(7, padding="same"), 3),
    "9x9": (depthwise(9, padding=4), 4),
    "11x3": (depthwise((11, 3), padding=5), 3),
}


@pytest.mark.parametrize(("build", "pieces"), SPLIT.values(), ids=SPLIT)
def test_it_is_split(transformed: Transformed, build: Callable[[], nn.Module], pieces: int) -> None:
    result = transformed(build(), SHAPE, (SplitDepthwise(),))
    assert result.applied() == {"split_depthwise": 1}
    assert result.operators() == {"conv2d": pieces, "add": pieces - 1}


@pytest.mark.parametrize("build", [depthwise(5, padding=2), lambda: nn.Conv2d(6, 12, 7), lambda: nn.Conv2d(6, 6, 7)])
def test_other_convolutions_are_left_alone(transformed: Transformed, build: Callable[[], nn.Module]) -> None:
    result = transformed(build(), SHAPE, (SplitDepthwise(),))
    assert result.applied() == {}
    assert result.refused("split_depthwise") == []


class ComputedWeights(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.Conv2d(6, 6, 7, groups=6).weight.detach())

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight * x.mean(), padding=3, groups=6)


REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "no padding": (depthwise(7), "smaller than the kernel's border"),
    "huge": (depthwise(13, padding=6), "larger than 11 x 11"),
    "uneven padding": (depthwise(6, padding="same"), "has different padding on its two sides"),
    "computed weights": (ComputedWeights, "computed at run time"),
}


@pytest.mark.parametrize(("build", "reason"), REFUSED.values(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_it_refuses(transformed: Transformed, build: Callable[[], nn.Module], reason: str) -> None:
    result = transformed(build(), SHAPE, (SplitDepthwise(),))
    (refusal,) = result.refused("split_depthwise")
    assert reason in refusal
    assert result.applied() == {}
