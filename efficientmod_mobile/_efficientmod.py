"""EfficientMod (ICLR 2024) in PyTorch; the keys of its state dict are those of the published checkpoints.

Reference: Ma et al., "Efficient Modulation for Vision Networks", https://openreview.net/forum?id=ip5LHJs6QX, and
the code at https://github.com/ma-xu/EfficientMod.
"""

from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor, nn

from efficientmod_mobile._blocks import AttentionBlock, ModulationBlock, PatchEmbed
from efficientmod_mobile._names import no_such_model
from efficientmod_mobile.errors import InputError

TOTAL_STRIDE = 32


@dataclass(frozen=True)
class Architecture:
    """One published model. Tuples have an entry per stage; a stage's blocks alternate expansion 1 and `expansion`."""

    depths: tuple[int, int, int, int]
    attention_depths: tuple[int, int, int, int]
    widths: tuple[int, int, int, int]
    expansion: int
    attention_mlp_ratios: tuple[int, int, int, int]


_NO_ATTENTION = (0, 0, 0, 0)
ARCHITECTURES = {
    "efficientmod_xxs": Architecture((2, 2, 6, 2), (0, 0, 1, 2), (32, 64, 128, 256), 6, (0, 0, 4, 4)),
    "efficientmod_xs": Architecture((3, 3, 4, 2), (0, 0, 3, 3), (32, 64, 144, 288), 4, (0, 0, 4, 4)),
    "efficientmod_s": Architecture((4, 4, 8, 4), (0, 0, 4, 4), (32, 64, 144, 312), 6, (0, 0, 4, 5)),
    "efficientmod_s_conv": Architecture((4, 4, 12, 8), _NO_ATTENTION, (40, 80, 160, 344), 6, _NO_ATTENTION),
}


class Stage(nn.Module):
    """Modulation blocks, then attention blocks, at one resolution; `downsample` computes the next stage's input."""

    def __init__(self, architecture: Architecture, index: int, drop_path: list[float]) -> None:
        super().__init__()
        depth, dim = architecture.depths[index], architecture.widths[index]
        self.blocks = nn.ModuleList(
            [ModulationBlock(dim, (1, architecture.expansion)[i % 2], drop_path[i]) for i in range(depth)]
            + [AttentionBlock(dim, architecture.attention_mlp_ratios[index], rate) for rate in drop_path[depth:]]
        )
        is_last = index + 1 == len(architecture.widths)
        self.downsample = None if is_last else PatchEmbed(dim, architecture.widths[index + 1], kernel=3, stride=2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, H, W, C) -> the stage's output (N, H, W, C), and that downsampled: the next stage's input."""
        for block in self.blocks:
            x = block(x)
        return x, x if self.downsample is None else self.downsample(x)


class EfficientMod(nn.Module):
    """An image classifier, or with `features_only` a backbone that returns the outputs of its four stages.

    Input: float (N, 3, H, W), H and W divisible by 32, else InputError. Output: logits (N, num_classes); with
    `num_classes=0` the pooled features (N, C4); with `features_only` a tuple of (N, C1, H/4, W/4), (N, C2, H/8, W/8),
    (N, C3, H/16, W/16), (N, C4, H/32, W/32), each before the downsampling that follows it and not normalised. Such a
    backbone has no `norm` and no `head`.
    """

    def __init__(
        self,
        architecture: Architecture,
        num_classes: int = 1000,
        features_only: bool = False,
        drop_path_rate: float = 0.0,
    ) -> None:
        super().__init__()
        self.num_classes = 0 if features_only else num_classes
        self.num_features = architecture.widths[-1]
        self.features_only = features_only
        blocks = [a + b for a, b in zip(architecture.depths, architecture.attention_depths, strict=True)]
        # Stochastic depth grows linearly from 0 at the first block to the full rate at the last.
        rates = iter(torch.linspace(0, drop_path_rate, sum(blocks), device="cpu").tolist())

        self.patch_embed = PatchEmbed(3, architecture.widths[0], kernel=7, stride=4)
        self.layers = nn.ModuleList([Stage(architecture, i, list(islice(rates, n))) for i, n in enumerate(blocks)])
        if not features_only:
            self.norm = nn.LayerNorm(self.num_features)
            self.head = nn.Linear(self.num_features, num_classes) if num_classes > 0 else nn.Identity()
        self.apply(_init_weights)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Float (N, 3, H, W) -> logits (N, num_classes), or the four stage outputs."""
        _check_input(x)
        stages = self._stages(x)
        if self.features_only:
            return tuple(stage.permute(0, 3, 1, 2) for stage in stages)
        logits: Tensor = self.head(self.norm(stages[-1]).mean(dim=(1, 2)))
        return logits

    def _stages(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) -> the output of each stage before its downsampling, channels-last."""
        outputs = []
        y = self.patch_embed(x.permute(0, 2, 3, 1))
        for stage in self.layers:
            output, y = stage(y)
            outputs.append(output)
        return outputs


def _check_input(x: Tensor) -> None:
    if x.ndim != 4 or x.shape[1] != 3:
        raise InputError(
            f"EfficientMod takes images of shape (N, 3, H, W), not {tuple(x.shape)}.", code="wrong_input_shape"
        )
    height, width = x.shape[2:]
    # When a graph is traced with dynamic sizes, these are symbols, and a comparison would add a guard to the graph.
    if isinstance(height, int) and isinstance(width, int) and (height % TOTAL_STRIDE or width % TOTAL_STRIDE):
        raise InputError(
            f"EfficientMod takes images whose height and width are divisible by {TOTAL_STRIDE}, not {height}x{width}: "
            "resize or pad them.",
            code="indivisible_resolution",
        )


def _init_weights(module: nn.Module) -> None:
    """As upstream: linear layers from a truncated normal distribution, the others by PyTorch's defaults."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def create_model(
    name: str, *, num_classes: int = 1000, features_only: bool = False, drop_path_rate: float = 0.0
) -> EfficientMod:
    """A freshly initialised EfficientMod in training mode: `efficientmod_xxs`, `_xs`, `_s` or `_s_conv`.

    Raises ModelError for another name, InputError for a negative number of classes or a rate outside [0, 1).
    """
    if name not in ARCHITECTURES:
        raise no_such_model(name, list(ARCHITECTURES))
    if num_classes < 0:
        raise InputError(
            f"The number of classes is {num_classes}; give 0 (pooled features) or more.", code="option_out_of_range"
        )
    if not 0.0 <= drop_path_rate < 1.0:
        raise InputError(f"The drop path rate is {drop_path_rate}; give one in [0, 1).", code="option_out_of_range")
    return EfficientMod(ARCHITECTURES[name], num_classes, features_only, drop_path_rate)


def list_models() -> list[str]:
    """The names that `create_model` takes, smallest first."""
    return list(ARCHITECTURES)
