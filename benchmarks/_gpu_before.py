"""What the GPU made of the first files of this project, measured in November 2026 on the same drivers, and of today's.

The first files are of a writer that knew nothing of GPUs; LiteRT called them fully accelerated where no reason stands.
"""

from collections.abc import Iterator, Mapping, Sequence

from _gpu_records import FLOAT16, FLOAT32, Result

from efficientmod_export.bench.measuring import markdown_table
from efficientmod_export.targets.tflite.gpu import GPU_LIMITS, Effect

FIRST: Mapping[str, tuple[str, str]] = {
    "efficientmod_xxs": ("0.49", "fails when it runs"),
    "efficientmod_xs": ("0.40", "-"),
    "efficientmod_s": ("0.54", "-"),
    "efficientmod_s_conv": ("0.44", "-"),
    "timm/convnext_atto": ("0.49", "3e-07"),
    "timm/focalnet_tiny_srf": ("0.50", "8e-07"),
    "timm/vit_tiny_patch16_224": ("0.63", "refused"),
    "timm/swin_tiny_patch4_window7_224": ("0.52", "refused"),
    "timm/pvt_v2_b0": ("0.47", "refused"),
    "timm/tiny_vit_5m_224": ("0.65", "refused"),
    "timm/mobilevit_xxs": ("refused: five axes", "refused"),
    "timm/mobilevitv2_050": ("refused: five axes", "-"),
    "timm/efficientformerv2_s0": ("refused: constant left side", "2e-07"),
    "timm/edgenext_xx_small": ("refused: constant left side", "refused"),
}
"""Those that were wrong, by the largest error as a fraction of the range, or refused; then litert-torch's file."""


def before_and_now(results: Sequence[Result]) -> Iterator[str]:
    """The section of the page; nothing without one of these networks."""
    named = sorted((one for one in results if one.network in FIRST), key=lambda one: [*FIRST].index(one.network))
    if not named:
        return
    kinds = {effect: sum(limit.effect is effect for limit in GPU_LIMITS) for effect in Effect}
    yield from (
        "",
        "## The first files, and these",
        "",
        "The first files of these networks were wrong on the GPU in float32, without a word, or refused; so was a "
        "trained EfficientNet-Lite0, of whose 47 photographs none was right. Those of the other networks were right.",
        "",
    )
    heads = ["network", "the first file, float32", "litert-torch's then, float32", "now, float32", "now, float16"]
    yield from markdown_table(
        heads, ([one.network, *FIRST[one.network], _told(one, FLOAT32), _told(one, FLOAT16)] for one in named)
    )
    yield from (
        "",
        f"Behind it, and found by the test of each operator (gpu_operators.md): {kinds[Effect.WRONG]} kinds of "
        f"operators that the GPU computes wrongly, {kinds[Effect.REFUSED]} that it refuses, {kinds[Effect.ENDS]} that "
        "end the process.",
    )


def _told(result: Result, name: str) -> str:
    place = (result.places or {}).get(name)
    return "-" if place is None or place.error is None else f"{place.error:.0e}"
