"""PyTorch's operators, converted by coremltools, against PyTorch: one program for each family.

What coremltools 9.0 cannot convert from torch.export, or converts to something else, is not among them.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from efficientmod_export.mil import MILProgram

TOLERANCE = 1e-5
Call = Callable[[Tensor], Tensor | tuple[Tensor, ...]]
GENERATOR = torch.Generator().manual_seed(12)


def values(*shape: int) -> Tensor:
    return torch.randn(shape, generator=GENERATOR)


X = values(2, 6, 8, 12)
ROWS, PICK = torch.tensor([3, 0, 5, 3]), torch.randint(0, 8, (2, 6, 4, 12), generator=GENERATOR)
MASK, OTHER = values(8, 12) > 0, values(2, 6, 8, 12)

KINDS: dict[str, dict[str, Call]] = {
    "pools": {
        "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, (4, 3)),
        "adaptive_avg_pool2d of sizes that do not divide": lambda x: F.adaptive_avg_pool2d(x, (3, 5)),
        "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(x, (2, 4)),
        "lp_pool2d": lambda x: F.lp_pool2d(x.abs() + 0.1, 2.0, (2, 3)),
        "avg_pool1d": lambda x: F.avg_pool1d(x[:, 0], 3, 2, 1),
        "max_pool1d": lambda x: F.max_pool1d(x[:, 0], 3, 2, 1),
        "max_pool3d": lambda x: F.max_pool3d(x.unsqueeze(1), (2, 3, 2), (2, 1, 2), (1, 1, 0)),
        "avg_pool3d": lambda x: F.avg_pool3d(x.unsqueeze(1), (2, 3, 2), (2, 1, 2)),
        "max_pool2d with ceil_mode": lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True),
    },
    "norms": {
        "batch_norm": nn.BatchNorm2d(6).eval(),
        "instance_norm": lambda x: F.instance_norm(x, eps=1e-3),
        "group_norm": nn.GroupNorm(2, 6),
        "layer_norm": nn.LayerNorm((8, 12)),
        "local_response_norm": lambda x: F.local_response_norm(x, 3, 0.3, 0.6, 1.5),
        "normalize": lambda x: F.normalize(x, dim=-1),
        "vector_norm": lambda x: torch.linalg.vector_norm(x, 1, dim=(1, 2)),
    },
    "activations": {
        "selu": F.selu,
        "softshrink": F.softshrink,
        "tanhshrink": F.tanhshrink,
        "rrelu": lambda x: F.rrelu(x, training=False),
        "softsign": F.softsign,
        "softmin": lambda x: F.softmin(x, 1),
        "relu6": F.relu6,
        "hardtanh": lambda x: F.hardtanh(x, -0.5, 0.7),
        "clamp": lambda x: x.clamp(-0.3, 0.9),
        "clamp of one side": lambda x: x.clamp(min=0.2),
        "prelu": lambda x: F.prelu(x, torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])),
        "glu": lambda x: F.glu(x, 2),
        "silu": F.silu,
        "mish": F.mish,
    },
    "element by element": {
        "floor_divide": lambda x: torch.floor_divide(x, 0.3),
        "remainder": lambda x: torch.remainder(x, 0.7),
        "pow": lambda x: (x.abs() + 0.1) ** 1.7,
        "rsqrt": lambda x: torch.rsqrt(x.abs() + 0.2),
        "division": lambda x: OTHER / (x.abs() + 0.3),
        "comparisons": lambda x: torch.logical_or(torch.logical_and(x > 0.1, x >= OTHER), x < -1).float(),
        "log1p": lambda x: torch.log1p(x.abs()),
        "expm1": torch.expm1,
        "atan2": lambda x: torch.atan2(x, OTHER),
        "erf": torch.erf,
        "maximum": lambda x: torch.maximum(x, OTHER),
        "where": lambda x: torch.where(MASK, x, OTHER),
        "masked_fill": lambda x: x.masked_fill(MASK, -3.0),
        "logical_xor": lambda x: torch.logical_xor(x > 0, OTHER > 0).float(),
        "isnan": lambda x: torch.isnan(x).float(),
        "nan_to_num": lambda x: torch.nan_to_num(x * 2),
        "sign": torch.sign,
        "round": lambda x: torch.round(x * 3),
        "frac": lambda x: torch.frac(x * 3),
    },
    "reductions and order": {
        "argmax": lambda x: x.argmax(1),
        "argmin": lambda x: x.argmin(-1, keepdim=True),
        "topk": lambda x: x.topk(3, dim=2),
        "topk, smallest": lambda x: x.topk(2, dim=1, largest=False)[0],
        "sort": lambda x: x.sort(dim=2)[0],
        "argsort": lambda x: x.argsort(dim=-1),
        "cumsum": lambda x: x.cumsum(3),
        "amax": lambda x: x.amax((1, 2)),
        "min with indices": lambda x: x.min(2),
        "logsumexp": lambda x: torch.logsumexp(x, (2, 3)),
        "std": lambda x: x.std(1),
        "any": lambda x: (x > 1).any(1).float(),
        "all": lambda x: (x > -2).all(2).float(),
        "aminmax": lambda x: torch.stack([x.amin(1), x.amax(1)]),
    },
    "indices": {
        "gather": lambda x: x.gather(2, PICK),
        "index_select": lambda x: x.index_select(1, ROWS),
        "index with a list": lambda x: x[:, ROWS, :, :2],
        "index with two lists": lambda x: x[:, ROWS, ROWS],
        "scatter": lambda x: x.scatter(2, PICK[:, :, :1], 0.5),
        "index_put": lambda x: x.index_put((torch.tensor([1]), torch.tensor([2])), torch.tensor(7.0)),
        "embedding": lambda x: F.embedding(x.argmax(1), TABLE),
        "one_hot": lambda x: F.one_hot(x.argmax(1), 6).float(),
        "narrow": lambda x: x.narrow(3, 2, 5),
        "strided slice": lambda x: x[:, ::2, 1::3, -4:],
        "slice_scatter": lambda x: x.slice_scatter(OTHER[:, :2], 1, 2, 4),
    },
    "shapes": {
        "unflatten": lambda x: x.unflatten(1, (2, 3)),
        "unbind": lambda x: x.unbind(1)[2],
        "split": lambda x: x.split([1, 3, 2], 1)[1],
        "tensor_split": lambda x: torch.tensor_split(x, 3, 3)[1],
        "repeat": lambda x: x.repeat(1, 2, 1, 3),
        "repeat_interleave": lambda x: x.repeat_interleave(2, 1),
        "expand": lambda x: x[:, :1].expand(2, 5, 8, 12) * 2,
        "pixel_unshuffle": lambda x: F.pixel_unshuffle(x, 2),
        "tril": lambda x: x.tril(1),
        "triu": lambda x: x.triu(-1),
        "unfold": lambda x: F.unfold(x, (2, 3), stride=(2, 3)),
        "meshgrid": lambda x: torch.meshgrid(x[0, 0, 0], x[0, 0, :, 0], indexing="ij")[1],
        "movedim": lambda x: x.movedim(1, -1).contiguous(),
    },
    "products": {
        "einsum of a product": lambda x: torch.einsum("bchw,bdhw->bcd", x, OTHER),
        "einsum with a sum": lambda x: torch.einsum("bchw,c->bhw", x, torch.arange(6.0)),
        "baddbmm": lambda x: torch.baddbmm(x[:, 0, :, :8], x[:, 1], x[:, 2].transpose(1, 2)),
        "addmm": lambda x: torch.addmm(torch.ones(8), x[0, 0], x[1, 1].T),
        "attention with a mask": lambda x: F.scaled_dot_product_attention(x, x, x, MASK[:, :8]),
        "linear": nn.Linear(12, 5),
        "bilinear": lambda x: torch.outer(x[0, 0, 0], x[0, 1, 1]),
        "convolution with a computed kernel": lambda x: F.conv2d(x[:1], x[1:, :, :3, :3] * 0.1),
    },
    "pictures": {
        "interpolate nearest by a fraction": lambda x: F.interpolate(x, scale_factor=1.5, mode="nearest"),
        "interpolate nearest to a size": lambda x: F.interpolate(x, size=(11, 17), mode="nearest"),
        "interpolate nearest, smaller": lambda x: F.interpolate(x, size=(5, 7), mode="nearest"),
        "interpolate bilinear by a fraction": lambda x: F.interpolate(
            x, scale_factor=1.5, mode="bilinear", recompute_scale_factor=True
        ),
        "grid_sample, nearest with border": lambda x: F.grid_sample(
            x, GRID, mode="nearest", padding_mode="border", align_corners=True
        ),
    },
}
TABLE, GRID = values(6, 4), values(2, 5, 7, 2) * 0.7


class All(nn.Module):
    """The calls of one family on the same input; integers come out as floats."""

    def __init__(self, calls: list[Call]) -> None:
        super().__init__()
        self.calls = calls
        self.parts = nn.ModuleList(call for call in calls if isinstance(call, nn.Module))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        results: list[Tensor] = []
        for call in self.calls:
            result = call(x)
            results.extend([result] if isinstance(result, Tensor) else result)
        return tuple(result if result.is_floating_point() else result.float() for result in results)


def test_there_are_many_kinds() -> None:
    assert sum(len(family) for family in KINDS.values()) >= 90


@pytest.mark.parametrize("family", KINDS)
def test_each_kind_agrees_with_pytorch(family: str, from_torch: Callable[..., Path]) -> None:
    module = All(list(KINDS[family].values())).eval()
    with torch.no_grad():
        expected = module(X)
    results = list(MILProgram.load(from_torch(module, X, ios=16)).predict({"x0": X.numpy()}).values())
    labels = [name for name, call in KINDS[family].items() for _ in ([0] if isinstance(call(X), Tensor) else call(X))]
    for label, result, reference in zip(labels, results, expected, strict=True):
        assert result.shape == (tuple(reference.shape) or (1,)), label
        off = np.abs(result - reference.numpy()).max() / max(np.abs(reference.numpy()).max(), 1e-3)
        assert off < TOLERANCE, label
