"""Convolutions over one to three spatial axes."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from efficientmod_export.mil._limits import check_size
from efficientmod_export.mil._registry import Ints, operator
from efficientmod_export.mil._window_padding import Pads, pad_spatial, window_pads

_CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def _dilated(weight: Tensor, dilations: Ints) -> list[int]:
    return [(length - 1) * dilation + 1 for length, dilation in zip(weight.shape[2:], dilations, strict=True)]


def _windows(size: Sequence[int], pads: Pads, width: Sequence[int], strides: Ints) -> list[int]:
    axes = zip(size, pads, width, strides, strict=True)
    return [(length + sum(pad) - wide) // stride + 1 for length, pad, wide, stride in axes]


@operator("conv")
def conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    strides: Ints | None = None,
    pad_type: str = "valid",
    pad: Ints | None = None,
    dilations: Ints | None = None,
    groups: int = 1,
) -> Tensor:
    """`x` (N, C, spatial) with weight (out, C / groups, kernel); `pad` is before and after each spatial axis."""
    rank = x.dim() - 2
    strides, dilations = strides or (1,) * rank, dilations or (1,) * rank
    width = _dilated(weight, dilations)
    pads = window_pads(pad_type, pad, x.shape[2:], width, strides)
    check_size((x.shape[0], weight.shape[0], *_windows(x.shape[2:], pads, width, strides)))
    if all(before == after for before, after in pads):
        padding = tuple(before for before, _ in pads)
        return _CONV[rank](x, weight, bias, strides, padding, dilations, groups)
    return _CONV[rank](pad_spatial(x, pads, 0.0), weight, bias, strides, 0, dilations, groups)


@operator("conv_transpose")
def conv_transpose(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    pad: Ints | None = None,
    output_shape: Ints | None = None,
    pad_type: str = "valid",
    strides: Ints | None = None,
    dilations: Ints | None = None,
    groups: int = 1,
) -> Tensor:
    """The transpose of `conv`: x (N, C, spatial) with weight (C, out / groups, kernel).

    `pad` is cropped from the whole result; where `output_shape` is larger than it, the rest is the bias.
    """
    if pad_type == "same_lower":
        raise ValueError(f"conv_transpose has no padding of type '{pad_type}'")
    rank = x.dim() - 2
    strides, dilations = strides or (1,) * rank, dilations or (1,) * rank
    spread = [(length - 1) * stride for length, stride in zip(x.shape[2:], strides, strict=True)]
    full_size = [far + width for far, width in zip(spread, _dilated(weight, dilations), strict=True)]
    check_size((x.shape[0], weight.shape[1] * groups, *full_size))
    whole = _TRANSPOSE[rank](x, weight, None, strides, 0, 0, groups, dilations)
    crops = window_pads("valid" if pad_type == "same" else pad_type, pad, x.shape[2:], (1,) * rank, strides)
    if output_shape is not None:
        target: tuple[int, ...] = output_shape[2:]
    elif pad_type == "same":
        target = tuple(length * stride for length, stride in zip(x.shape[2:], strides, strict=True))
    else:
        target = tuple(full - sum(crop) for full, crop in zip(whole.shape[2:], crops, strict=True))
    pads = []
    for full, length, (before, _) in zip(whole.shape[2:], target, crops, strict=True):
        start = max(0, full - length) // 2 if pad_type == "same" else before
        pads.append((-start, length - full + start))
    cropped = pad_spatial(whole, pads, 0.0)
    return cropped if bias is None else cropped + bias.reshape(-1, *[1] * rank)
