"""An interpreter of float64 graphs with a fast grouped convolution.

PyTorch computes a grouped convolution in float64 one group at a time. As one batched matrix product over the patches of
the image, a depthwise 7x7 takes a fifteenth of that time:

    y[n, g, o, l] = sum_k w[g, o, k] * patches(x)[n, g, k, l],    k over the group's channels and the kernel
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx

aten = torch.ops.aten


class Float64Interpreter(fx.Interpreter):
    """`fx.Interpreter` that computes float64 grouped convolutions as batched matrix products."""

    def call_function(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Compute one operator."""
        if target is aten.conv2d.default and args[0].dtype == torch.float64 and args[1].shape[1] < args[0].shape[-3]:
            if args[0].ndim == 3:  # (C, H, W), without a batch axis
                return _grouped_convolution(args[0][None], *args[1:], **kwargs)[0]
            return _grouped_convolution(*args, **kwargs)
        return super().call_function(target, args, kwargs)


def promoted(x: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    """An input in the dtype of a program's arithmetic; integers stay as they are."""
    return x.to(dtype) if x.is_floating_point() else x


def _grouped_convolution(
    input: Tensor,  # noqa: A002 - the schema's name
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sequence[int] = (1, 1),
    padding: Sequence[int] = (0, 0),
    dilation: Sequence[int] = (1, 1),
    groups: int = 1,
) -> Tensor:
    """`aten.conv2d`: (N, C, H, W) and (O, C / groups, h, w) -> (N, O, H', W')."""
    stride, padding, dilation = ((*pair, *pair)[:2] for pair in (stride, padding, dilation))  # one number: both axes
    sides = zip(input.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
    size = [(side + 2 * p - d * (kernel - 1) - 1) // s + 1 for side, kernel, s, p, d in sides]
    patches = F.unfold(input, weight.shape[2:], dilation, padding, stride)
    kernels = weight.reshape(groups, weight.shape[0] // groups, -1)
    output = (kernels @ patches.reshape(len(input), groups, kernels.shape[2], -1)).reshape(len(input), -1, *size)
    return output if bias is None else output + bias[:, None, None]
