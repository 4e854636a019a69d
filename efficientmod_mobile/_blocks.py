"""The building blocks of EfficientMod, on channels-last tensors (N, H, W, C).

Ma et al., "Efficient Modulation for Vision Networks", ICLR 2024, https://openreview.net/forum?id=ip5LHJs6QX.
Attribute names are those of the published checkpoints' keys.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LAYER_SCALE_INIT = 1e-4
CONTEXT_KERNEL = 7
ATTENTION_HEADS = 8
LEAST_HEAD_WIDTH = 32


class DropPath(nn.Module):
    """Stochastic depth: in training, sets a sample's branch to 0 with probability `rate`, else divides it by 1 - rate.

    Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016. The identity in eval mode.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """(N, ...) -> (N, ...)."""
        if not self.training or self.rate == 0.0:
            return x
        keep = 1.0 - self.rate
        mask = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(keep)
        return x * (mask / keep)

    def extra_repr(self) -> str:
        """The rate, for `print(model)`."""
        return f"rate={self.rate:.3f}"


class PatchEmbed(nn.Module):
    """A strided convolution, then LayerNorm: the stem (7x7, stride 4) and the downsampling (3x3, stride 2)."""

    def __init__(self, in_dim: int, out_dim: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(in_dim, out_dim, kernel, stride=stride, padding=kernel // 2)
        self.norm = nn.LayerNorm(out_dim)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, in_dim) -> (N, H / stride, W / stride, out_dim)."""
        y: Tensor = self.norm(self.proj(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))
        return y


class ContextLayer(nn.Module):
    """The context of each position: g(gelu(dw7x7(f(x))))."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.f = nn.Linear(dim, dim)
        self.g = nn.Linear(dim, dim)
        self.context_list = nn.ModuleList(
            [nn.Conv2d(dim, dim, CONTEXT_KERNEL, padding=CONTEXT_KERNEL // 2, groups=dim)]
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, H, W, C)."""
        context = F.gelu(self.context_list[0](self.f(x).permute(0, 3, 1, 2)))
        y: Tensor = self.g(context.permute(0, 2, 3, 1))
        return y


class Modulation(nn.Module):
    """fc2(act(fc1(x)) * context(x)), the context tiled over the expanded channels.

    With expansion 1 there is no activation after `fc1`.
    """

    def __init__(self, dim: int, expansion: int) -> None:
        super().__init__()
        self.expansion = expansion
        self.fc1 = nn.Linear(dim, expansion * dim)
        self.context_layer = ContextLayer(dim)
        self.fc2 = nn.Linear(expansion * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, H, W, C)."""
        context = self.context_layer(x)
        value = self.fc1(x)
        if self.expansion > 1:
            value = F.gelu(value)
            context = context.repeat(1, 1, 1, self.expansion)
        y: Tensor = self.fc2(value * context)
        return y


class ModulationBlock(nn.Module):
    """x + gamma_1 * modulation(LayerNorm(x))."""

    def __init__(self, dim: int, expansion: int, drop_path: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.mlp = Modulation(dim, expansion)
        self.gamma_1 = nn.Parameter(torch.full((dim,), LAYER_SCALE_INIT))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, H, W, C)."""
        y: Tensor = x + self.drop_path(self.gamma_1 * self.mlp(self.norm(x)))
        return y


class Attention(nn.Module):
    """Multi-head self-attention over positions. A head is at least 32 wide, so the heads together may exceed `dim`."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.head_width = max(dim // ATTENTION_HEADS, LEAST_HEAD_WIDTH)
        self.width = ATTENTION_HEADS * self.head_width
        self.scale = self.head_width**-0.5
        self.qkv = nn.Linear(dim, 3 * self.width, bias=False)
        self.proj = nn.Linear(self.width, dim)

    def _heads(self, x: Tensor) -> Tensor:
        """(N, L, width) -> (N, heads, L, head_width)."""
        return x.reshape(x.shape[0], x.shape[1], ATTENTION_HEADS, self.head_width).transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """(N, L, C) -> (N, L, C)."""
        # q, k and v are split on the last axis: some mobile runtimes do not support upstream's five axes.
        q, k, v = (self._heads(part) for part in self.qkv(x).split(self.width, dim=-1))
        weights = (q * self.scale @ k.transpose(-2, -1)).softmax(dim=-1)
        merged = (weights @ v).transpose(1, 2).reshape(x.shape[0], x.shape[1], self.width)
        y: Tensor = self.proj(merged)
        return y


class AttentionMlp(nn.Module):
    """fc2(gelu(fc1(x))) at each position."""

    def __init__(self, dim: int, ratio: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, ratio * dim)
        self.fc2 = nn.Linear(ratio * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(N, L, C) -> (N, L, C)."""
        y: Tensor = self.fc2(F.gelu(self.fc1(x)))
        return y


class AttentionBlock(nn.Module):
    """Pre-norm transformer block over the H * W positions; it has no LayerScale."""

    def __init__(self, dim: int, mlp_ratio: int, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = Attention(dim)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = AttentionMlp(dim, mlp_ratio)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, C) -> (N, H, W, C)."""
        n, h, w, c = x.shape
        y: Tensor = x.reshape(n, h * w, c)
        y = y + self.drop_path(self.attn(self.norm1(y)))
        y = y + self.drop_path(self.mlp(self.norm2(y)))
        return y.reshape(n, h, w, c)
