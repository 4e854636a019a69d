"""Kernels against PyTorch, for what coremltools converts from PyTorch: one program for each family of calls."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export.mil import MILProgram

TOLERANCE = 1e-5
Call = Callable[[Tensor], Tensor]
GENERATOR = torch.Generator().manual_seed(3)


def values(*shape: int) -> Tensor:
    return torch.randn(shape, generator=GENERATOR)


class Calls(nn.Module):
    """Every call on the same input, each a module of its own so that its weights are constants."""

    def __init__(self, *calls: Call) -> None:
        super().__init__()
        self.calls = list(calls)
        self.parts = nn.ModuleList(call for call in calls if isinstance(call, nn.Module))
        for part in self.parts.modules():
            for name, value in [*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)]:
                if value.is_floating_point():
                    value.data = torch.randn(value.shape) * 0.5 + (2.0 if name == "running_var" else 0.0)
                    value.data = value.data.abs() if name == "running_var" else value.data

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(call(x) for call in self.calls)


FAMILIES: dict[str, tuple[Tensor, list[Call], set[str], int]] = {
    "conv": (
        values(2, 6, 9, 11),
        [
            nn.Conv2d(6, 4, 3),
            nn.Conv2d(6, 4, (3, 5), stride=(2, 1), padding=(1, 2)),
            nn.Conv2d(6, 6, 3, padding=2, dilation=2, groups=6),
            nn.Conv2d(6, 12, 3, padding="same", groups=3, bias=False),
            nn.Sequential(nn.ZeroPad2d((1, 2, 0, 3)), nn.Conv2d(6, 4, 3, stride=2)),
            nn.ConvTranspose2d(6, 4, 3),
            nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1),
            nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1),
            nn.ConvTranspose2d(6, 4, (2, 3), stride=(3, 2), groups=2, dilation=2, bias=False),
        ],
        {"conv", "conv_transpose"},
        15,
    ),
    "conv of one axis": (
        values(2, 6, 13),
        [nn.Conv1d(6, 4, 3, stride=2, padding=1), nn.ConvTranspose1d(6, 4, 4, stride=3, padding=1)],
        {"conv", "conv_transpose"},
        15,
    ),
    "conv of three axes": (
        values(1, 3, 5, 6, 7),
        [nn.Conv3d(3, 4, 3, padding=1, stride=(1, 2, 1)), nn.MaxPool3d(2), nn.AvgPool3d((1, 2, 3))],
        {"conv", "max_pool", "avg_pool"},
        15,
    ),
    "pool": (
        values(2, 3, 11, 14),
        [
            nn.MaxPool2d(3, 2, 1),
            nn.MaxPool2d((3, 2), ceil_mode=True),
            nn.MaxPool2d(3, 2, 1, ceil_mode=True),
            nn.AvgPool2d(3, 2, 1),
            nn.AvgPool2d(3, 2, 1, count_include_pad=False),
            nn.AvgPool2d(3, 2, 1, ceil_mode=True),
            nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False),
            nn.AvgPool2d((2, 3), stride=(3, 2)),
            nn.AdaptiveAvgPool2d(1),
        ],
        {"max_pool", "avg_pool", "reduce_mean"},
        15,
    ),
    "normalization": (
        values(2, 6, 5, 7),
        [
            nn.BatchNorm2d(6),
            nn.BatchNorm2d(6, eps=0.1, affine=False),
            nn.InstanceNorm2d(6, affine=True),
            nn.GroupNorm(3, 6),
            nn.LayerNorm(7, eps=1e-3),
            nn.LayerNorm((5, 7), elementwise_affine=False),
            lambda x: F.normalize(x, dim=1),
        ],
        {"batch_norm", "instance_norm", "layer_norm"},
        15,
    ),
    "activation": (
        values(2, 6, 5, 7) * 3,
        [
            F.silu, F.mish, F.hardswish, F.hardsigmoid, F.softplus, F.elu, F.relu6, torch.sigmoid, torch.tanh,
            F.gelu, nn.PReLU(6), lambda x: F.leaky_relu(x, 0.3),
            lambda x: F.hardtanh(x, -0.4, 1.7), lambda x: F.softmax(x, 1), lambda x: F.log_softmax(x, -1),
            lambda x: F.glu(x, 1), lambda x: F.threshold(x, 0.4, 0.0),
        ],
        {"silu", "gelu", "prelu", "softmax", "sigmoid", "elu"},
        15,
    ),
    "resize": (
        values(1, 3, 5, 7),
        [
            lambda x: F.interpolate(x, size=(9, 16), mode="bilinear", align_corners=False),
            lambda x: F.interpolate(x, size=(9, 16), mode="bilinear", align_corners=True),
            lambda x: F.interpolate(x, size=(3, 4), mode="bilinear", align_corners=False),
            lambda x: F.interpolate(x, scale_factor=2.0, mode="bilinear"),
            lambda x: F.interpolate(x, scale_factor=(2.0, 3.0), mode="nearest"),
            lambda x: F.pixel_shuffle(x.repeat(1, 4, 1, 1), 2),
        ],
        {"upsample_bilinear", "upsample_nearest_neighbor", "pixel_shuffle"},
        15,
    ),
    "shape": (
        values(2, 6, 4, 8),
        [
            lambda x: x.permute(0, 2, 3, 1).reshape(2, 32, 6),
            lambda x: torch.cat(x.chunk(3, 1)[::-1], 1),
            lambda x: torch.stack([x, -x], 2),
            lambda x: x.roll((1, -3), (2, 3)),
            lambda x: x.flip(3)[:, 1:5:2, -1],
            lambda x: x[:, [4, 0, 2]],
            lambda x: F.pad(x, (1, 2, 3, 0), mode="reflect"),
            lambda x: F.pad(x, (1, 2, 3, 0), mode="replicate"),
            lambda x: F.pad(x, (1, 3, 0, 2), value=0.5),
            lambda x: x.transpose(1, 3).contiguous().view(2, 8, -1),
            lambda x: x.expand(2, 6, 4, 8).flatten(2).unsqueeze(1),
        ],
        {"transpose", "reshape", "concat", "stack", "pad", "slice_by_index"},
        15,
    ),
    "reduction": (
        values(2, 6, 4, 8),
        [
            lambda x: x.mean((2, 3)), lambda x: x.amax(1, keepdim=True), lambda x: x.sum(-1), lambda x: x.var(1),
            lambda x: x.std((2, 3), unbiased=False), lambda x: x.norm(dim=1), lambda x: x.cumsum(2),
            lambda x: x.logsumexp(1), lambda x: x.topk(3, dim=1)[0], lambda x: x.sort(dim=-1, descending=True)[0],
            lambda x: x.max(dim=2)[0],
        ],
        {"reduce_mean", "reduce_max", "reduce_sum", "cumsum", "topk"},
        16,
    ),
    "product": (
        values(2, 6, 4, 8),
        [
            lambda x: x @ x.transpose(-1, -2),
            lambda x: torch.einsum("bchw,bcwk->bchk", x, x.transpose(2, 3)),
            nn.Linear(8, 5),
            nn.Linear(8, 5, bias=False),
            lambda x: torch.bmm(x[:, 0], x[:, 1].transpose(1, 2)),
            lambda x: F.scaled_dot_product_attention(x, x * 2, x + 1),
        ],
        {"matmul", "linear"},
        16,
    ),
    "attention of iOS 18": (
        values(2, 6, 4, 8),
        [lambda x: F.scaled_dot_product_attention(x, x * 2, x + 1)],
        {"scaled_dot_product_attention"},
        18,
    ),
    "sampling": (
        values(2, 3, 6, 9),
        [
            lambda x: F.grid_sample(x, GRID, mode="bilinear", padding_mode="zeros", align_corners=False),
            lambda x: F.grid_sample(x, GRID, mode="bilinear", padding_mode="border", align_corners=True),
            lambda x: F.grid_sample(x, GRID, mode="bilinear", padding_mode="reflection", align_corners=True),
            lambda x: F.grid_sample(x, GRID, mode="nearest", padding_mode="zeros", align_corners=False),
            lambda x: F.pixel_unshuffle(x, 3),
        ],
        {"resample", "pixel_unshuffle"},
        16,
    ),
}  # fmt: skip
GRID = values(2, 4, 5, 2) * 0.8


@pytest.mark.parametrize("family", FAMILIES)
def test_kernels_agree_with_pytorch(family: str, from_torch: Callable[..., Path]) -> None:
    x, calls, kinds, ios = FAMILIES[family]
    module = Calls(*calls).eval()
    with torch.no_grad():
        expected = module(x)
    program = MILProgram.load(from_torch(module, x, ios=ios))
    assert kinds <= {operation.kind for operation in program.function.operations}
    results = list(program.predict({"x0": x.numpy()}).values())
    assert len(results) == len(expected)
    for i, (result, reference) in enumerate(zip(results, expected, strict=True)):
        assert result.shape == tuple(reference.shape), f"{family}, call {i}"
        off = np.abs(result - reference.numpy()).max() / np.abs(reference.numpy()).max()
        assert off < TOLERANCE, f"{family}, call {i}"


def test_a_gelu_that_the_converter_got_wrong_is_noticed(from_torch: Callable[..., Path]) -> None:
    # coremltools 9.0 overlooks the keyword `approximate` and writes the exact GELU.
    x = torch.randn(2, 6, 5, 7) * 3
    program = MILProgram.load(from_torch(nn.GELU(approximate="tanh"), x))
    (result,) = program.predict({"x0": x.numpy()}).values()
    off = np.abs(result - F.gelu(x, approximate="tanh").numpy()).max() / np.abs(result).max()
    assert off > TOLERANCE
