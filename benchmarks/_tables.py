"""What the benchmarks of the TFLite files share: the networks, and the ways to write a page."""

from collections.abc import Iterable, Iterator
from importlib import metadata

EFFICIENTMODS = ("efficientmod_xxs", "efficientmod_xs", "efficientmod_s", "efficientmod_s_conv")
OTHERS = (
    "timm/repvit_m0_9",
    "timm/repvit_m1_1",
    "timm/mobilenetv2_100",
    "timm/fasternet_t0",
    "timm/mobilevit_xxs",
    "timm/mobilevitv2_050",
    "timm/efficientformerv2_s0",
    "timm/poolformer_s12",
    "timm/pvt_v2_b0",
    "timm/focalnet_tiny_srf",
    "timm/mobileone_s0",
    "timm/fastvit_t8",
    "timm/starnet_s1",
    "timm/mobilenetv3_small_100",
    "timm/efficientnet_lite0",
    "timm/convnext_atto",
    "timm/resnet18",
    "timm/regnety_002",
    "timm/ghostnet_100",
    "timm/mobilenetv4_conv_small",
    "timm/vit_tiny_patch16_224",
    "timm/swin_tiny_patch4_window7_224",
    "timm/edgenext_xx_small",
)
"""Networks that must convert and be fast."""


def table(head: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(['---'] * len(head))}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def versions() -> str:
    """The packages that a page's numbers depend on."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "timm", "onnx", "ai-edge-litert"))
