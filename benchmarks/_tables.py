"""What the benchmarks of many networks share: the networks, and the ways to write a page."""

from collections.abc import Iterable, Iterator
from importlib import metadata

TFLITE = ("onnx", "ai-edge-litert")
"""The packages that a .tflite comes from and runs in."""

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

MORE = (
    "timm/gernet_s",
    "timm/repvgg_a0",
    "timm/regnetz_b16",
    "timm/eca_botnext26ts_256",
    "timm/eca_halonext26ts",
    "timm/lambda_resnet26rpt_256",
    "timm/cait_xxs24_224",
    "timm/coat_lite_tiny",
    "timm/convit_tiny",
    "timm/convnextv2_atto",
    "timm/convnext_zepto_rms",
    "timm/cpubone_nano",
    "timm/crossvit_tiny_240",
    "timm/csatv2",
    "timm/cs3darknet_focus_s",
    "timm/cspnext_tiny",
    "timm/deit_tiny_distilled_patch16_224",
    "timm/densenet121",
    "timm/dla46_c",
    "timm/dpn48b",
    "timm/efficientformer_l1",
    "timm/efficientnet_b0",
    "timm/mnasnet_small",
    "timm/tinynet_e",
    "timm/tf_efficientnetv2_b0",
    "timm/mixnet_s",
    "timm/fbnetc_100",
    "timm/efficientvim_m1",
    "timm/efficientvit_b0",
    "timm/efficientvit_m0",
    "timm/vit_tiny_patch16_dinov3_qkvb",
    "timm/fastvit_sa12",
    "timm/gcvit_xxtiny",
    "timm/ghostnetv2_100",
    "timm/ghostnetv3_050",
    "timm/hardcorenas_a",
    "timm/hgnetv2_b0",
    "timm/hrnet_w18_small",
    "timm/iformer_t",
    "timm/inception_next_atto",
    "timm/lcnetv2_small",
    "timm/levit_128s",
    "timm/lowformer_b0",
    "timm/mambaout_femto",
    "timm/maxvit_pico_rw_256",
    "timm/coatnet_pico_rw_224",
    "timm/poolformerv2_s12",
    "timm/gmlp_ti16_224",
    "timm/mobilenetv1_100",
    "timm/mobilenetv4_hybrid_medium",
    "timm/pit_ti_224",
    "timm/nf_regnet_b0",
    "timm/rexnet_100",
    "timm/repghostnet_050",
    "timm/shvit_s1",
    "timm/skresnet18",
    "timm/swiftformer_xs",
    "timm/tiny_vit_5m_224",
    "timm/visformer_tiny",
    "timm/xcit_nano_12_p16_224",
)
"""One or two of each of timm's families that has a network below about 15 million parameters."""


def table(head: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(['---'] * len(head))}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def versions(*packages: str) -> str:
    """The packages that a page's numbers depend on, beside torch and timm."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "timm", *packages))
