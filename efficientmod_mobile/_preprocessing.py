"""How an image becomes the network's input, as in training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from torch import nn

from efficientmod_mobile.errors import ModelError

Interpolation = Literal["bicubic", "bilinear", "nearest"]


@dataclass(frozen=True)
class PreprocessingConfig:
    """Resize the shorter side to `input / crop_pct`, crop the centre, scale to [0, 1], subtract mean, divide by std.

    `input_size` is (H, W) in pixels; `mean` and `std` are per channel (R, G, B).
    """

    input_size: tuple[int, int]
    interpolation: Interpolation
    crop_pct: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


# EfficientMod's evaluation script sets none of these, so timm's defaults for ImageNet apply.
IMAGENET = PreprocessingConfig((224, 224), "bicubic", 0.875, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def preprocessing_of(module: nn.Module, name: str) -> PreprocessingConfig:
    """The preprocessing in the module's `pretrained_cfg` (timm's dictionary), with ImageNet's for missing entries.

    Raises ModelError for a configuration that is not supported: not three channels, another interpolation, or a crop
    that is not central.
    """
    config = getattr(module, "pretrained_cfg", None)
    if config is None:
        return IMAGENET
    try:
        return _parse(config)
    except (TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"The `pretrained_cfg` of {name} cannot be used: {error}.", code="unsupported_preprocessing"
        ) from error


def _parse(config: Mapping[str, Any]) -> PreprocessingConfig:
    channels, height, width = config.get("input_size") or (3, *IMAGENET.input_size)
    if channels != 3:
        raise ValueError(f"its input has {channels} channels, and only 3 are supported")
    interpolation = config.get("interpolation") or IMAGENET.interpolation
    if interpolation not in get_args(Interpolation):
        raise ValueError(f"its interpolation is {interpolation!r}, not one of {', '.join(get_args(Interpolation))}")
    crop = config.get("crop_mode") or "center"
    if crop != "center":
        raise ValueError(f"its crop mode is {crop!r}, and only 'center' is supported")
    return PreprocessingConfig(
        (int(height), int(width)),
        cast(Interpolation, interpolation),
        float(config.get("crop_pct") or IMAGENET.crop_pct),
        _rgb(config.get("mean") or IMAGENET.mean),
        _rgb(config.get("std") or IMAGENET.std),
    )


def _rgb(values: tuple[float, ...]) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
