"""EfficientMod's entry points for timm's registry. Importing this module registers them."""

from collections.abc import Callable
from typing import Any

from timm.models import FeatureInfo, generate_default_cfgs, register_model

from efficientmod_mobile._efficientmod import ARCHITECTURES, EfficientMod
from efficientmod_mobile._preprocessing import IMAGENET
from efficientmod_mobile.errors import ModelError

_config = {
    "input_size": (3, *IMAGENET.input_size),
    "interpolation": IMAGENET.interpolation,
    "crop_pct": IMAGENET.crop_pct,
    "mean": IMAGENET.mean,
    "std": IMAGENET.std,
    "num_classes": 1000,
    "first_conv": "patch_embed.proj",
    "classifier": "head",
}
default_cfgs = generate_default_cfgs(dict.fromkeys(ARCHITECTURES, _config))  # register_model looks for this name


class TimmEfficientMod(EfficientMod):
    """EfficientMod with the attributes that timm's scripts read from a model."""

    pretrained_cfg: dict[str, Any]
    default_cfg: dict[str, Any]
    feature_info: FeatureInfo


def _entrypoint(name: str) -> Callable[..., TimmEfficientMod]:
    def build(
        pretrained: bool = False,
        pretrained_cfg: object = None,
        pretrained_cfg_overlay: dict[str, Any] | None = None,
        cache_dir: object = None,
        in_chans: int = 3,
        drop_rate: float = 0.0,
        **kwargs: Any,
    ) -> TimmEfficientMod:
        if pretrained or pretrained_cfg or cache_dir:
            raise ModelError(
                f"No weights of {name} can be downloaded by name; give checkpoint_path=FILE instead.",
                code="no_downloadable_weights",
            )
        if in_chans != 3 or drop_rate != 0.0:
            raise ModelError(
                f"{name} takes 3 channels and has no dropout; leave out in_chans and drop_rate.",
                code="unsupported_model_argument",
            )
        model = TimmEfficientMod(ARCHITECTURES[name], **kwargs)
        model.pretrained_cfg = {**_config, "architecture": name, **(pretrained_cfg_overlay or {})}
        model.default_cfg = model.pretrained_cfg
        stages = [
            {"num_chs": width, "reduction": 4 * 2**i, "module": f"layers.{i}"}
            for i, width in enumerate(ARCHITECTURES[name].widths)
        ]
        model.feature_info = FeatureInfo(stages, out_indices=tuple(range(len(stages))))
        return model

    build.__name__ = name
    return build


for _name in ARCHITECTURES:
    register_model(_entrypoint(_name))
