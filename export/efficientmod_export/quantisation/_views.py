"""More calibration pictures from the ones given: mirrored, and an enlarged corner of each, plain and mirrored.

A few pictures span few of the directions that a layer's inputs take, and GPTQ moves errors into the others. Rounded for
16 photographs and their views, EfficientMod-s is nearer to float on others (docs/quantisation.md).
"""

from collections.abc import Callable, Sequence

from torch import Tensor
from torch.nn.functional import interpolate

MOST_NUMBERS = 64 * 3 * 224 * 224
"""Of all inputs together, which the rounding keeps, as it keeps what the layers give."""

COLOURS = (1, 3, 4)
_CUT = 8
"""A corner is the picture without an eighth of its height and width."""

View = Callable[[Tensor, int], Tensor]
"""Of pictures (1, C, H, W) and the place of a picture among the others."""


def with_views(inputs: Sequence[tuple[Tensor, ...]]) -> list[tuple[Tensor, ...]]:
    """The inputs, and behind them the views of all of them for which there is room. Other inputs than pictures (1, C,
    H, W) of 1, 3 or 4 channels in floating point stay what they are; where there are none, nothing is added.
    """
    found = list(inputs)
    numbers = sum(one.numel() for given in inputs for one in given)
    if any(_is_picture(one) for given in inputs for one in given):
        for count, view in enumerate(_VIEWS, start=2):
            if count * numbers > MOST_NUMBERS:
                break
            found += [_seen(given, view, place) for place, given in enumerate(inputs)]
    return found


def _seen(given: tuple[Tensor, ...], view: View, place: int) -> tuple[Tensor, ...]:
    return tuple(view(one, place) if _is_picture(one) else one for one in given)


def _is_picture(given: Tensor) -> bool:
    return given.ndim == 4 and given.is_floating_point() and given.shape[1] in COLOURS and min(given.shape[2:]) >= _CUT


def _mirrored(picture: Tensor, _place: int) -> Tensor:
    return picture.flip(-1)


def _corner(picture: Tensor, place: int) -> Tensor:
    """One of the four corners, in turns, enlarged to the size of the picture."""
    rows, columns = (size - size // _CUT for size in picture.shape[2:])
    height, width = picture.shape[2:]
    top, left = (height - rows) * (place % 2), (width - columns) * (place // 2 % 2)
    part = picture[..., top : top + rows, left : left + columns]
    return interpolate(part, size=(height, width), mode="bilinear", align_corners=False)


def _mirrored_corner(picture: Tensor, place: int) -> Tensor:
    return _mirrored(_corner(picture, place + 2), place)


_VIEWS: tuple[View, ...] = (_mirrored, _corner, _mirrored_corner)
