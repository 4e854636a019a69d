"""What the GPU made of the first files of this project, measured in November 2026 on the same drivers, and of today's.

The first files are of a writer that knew nothing of GPUs; LiteRT called them fully accelerated where no reason stands.
"""

from collections.abc import Iterator, Mapping, Sequence

from _gpu_records import FLOAT16, FLOAT32, Result, RivalResult

from efficientmod_export.bench.measuring import markdown_table
from efficientmod_export.targets.tflite.gpu import GPU_LIMITS, Effect

_WRONG = {
    "efficientmod_xxs": 0.49,
    "efficientmod_xs": 0.40,
    "efficientmod_s": 0.54,
    "efficientmod_s_conv": 0.44,
    "timm/convnext_atto": 0.49,
    "timm/focalnet_tiny_srf": 0.50,
    "timm/vit_tiny_patch16_224": 0.63,
    "timm/swin_tiny_patch4_window7_224": 0.52,
    "timm/pvt_v2_b0": 0.47,
    "timm/tiny_vit_5m_224": 0.65,
}
_REFUSED = {
    "timm/mobilevit_xxs": "five axes",
    "timm/mobilevitv2_050": "five axes",
    "timm/efficientformerv2_s0": "constant left side",
    "timm/edgenext_xx_small": "constant left side",
}
FIRST: Mapping[str, str] = {
    **{network: f"**{error:.0e}**" for network, error in _WRONG.items()},
    **{network: f"refused: {why}" for network, why in _REFUSED.items()},
}
"""Those that were wrong or refused, with the largest error as a fraction of the range."""


def before_and_now(results: Sequence[Result], rivals: Sequence[RivalResult]) -> Iterator[str]:
    """The section of the page; nothing without one of these networks."""
    named = [result for result in results if result.network in FIRST]
    if not named:
        return
    theirs = {one.network: one for one in rivals}
    kinds = {effect: sum(limit.effect is effect for limit in GPU_LIMITS) for effect in Effect}
    yield from (
        "",
        "## The first files, and these",
        "",
        "The first files of these networks were wrong on the GPU in float32, without a word, or refused; so was a "
        "trained EfficientNet-Lite0, of whose 47 photographs none was right. What became of the others was right from "
        "the beginning.",
        "",
    )
    heads = ["network", "the first file, float32", "now, float32", "now, float16", "litert-torch's, float32"]
    yield from markdown_table(heads, (_row(result, theirs.get(result.network)) for result in named))
    yield from (
        "",
        f"Behind it, and found by the test of each operator (gpu_operators.md): {kinds[Effect.WRONG]} kinds of "
        f"operators that the GPU computes wrongly, {kinds[Effect.REFUSED]} that it refuses, {kinds[Effect.ENDS]} that "
        "ends the process.",
    )


def _row(result: Result, rival: RivalResult | None) -> list[str]:
    now = [_told(result, place) for place in (FLOAT32, FLOAT16)]
    place = None if rival is None else (rival.places or {}).get(FLOAT32)
    theirs = "-" if place is None else "refused" if place.error is None else f"{place.error:.0e}"
    return [result.network, FIRST[result.network], *now, theirs]


def _told(result: Result, name: str) -> str:
    place = (result.places or {}).get(name)
    return "-" if place is None or place.error is None else f"{place.error:.0e}"
