"""How an image becomes the network's input, as in training."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Self, get_args

from torch import nn

from efficientmod_mobile.errors import InputError, ModelError

Interpolation = Literal["bicubic", "bilinear", "nearest"]
ResizeMode = Literal["cover", "stretch", "letterbox"]
"""The whole input is covered and the picture keeps its proportions; or it loses them; or the input has a border."""

# timm's names of the same.
_CROP_MODES: dict[str, ResizeMode] = {"center": "cover", "squash": "stretch", "border": "letterbox"}


@dataclass(frozen=True)
class PreprocessingConfig:
    """Resize to `input / crop_pct` in the given mode, crop the centre, scale to [0, 1], subtract mean, divide by std.

    `input_size` is (H, W) in pixels; `mean` and `std` are per channel (R, G, B). `origins` says where the values come
    from, by the names of the fields; those that it lacks are defaults.
    """

    input_size: tuple[int, int]
    interpolation: Interpolation
    crop_pct: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize_mode: ResizeMode = "cover"
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)

    def stated(self, values: Mapping[str, Any], origin: str) -> Self:
        """With the values that are not None, as `origin` states them, in the place of these.

        A stretch or a border is for pictures of which nothing may be lost: without a `crop_pct` of its own it has 1.
        Raises ValueError, with a clause that says what is wrong, for a value that is not supported.
        """
        given = {name: _PARSERS[name](value) for name, value in values.items() if value is not None}
        origins = {**self.origins, **dict.fromkeys(given, origin)}
        if given.get("resize_mode", "cover") != "cover" and "crop_pct" not in origins:
            given["crop_pct"], origins["crop_pct"] = 1.0, origin
        return replace(self, **given, origins=origins)

    def or_default(self, default: "PreprocessingConfig") -> Self:
        """With the values of `default` in the place of those that nothing states."""
        names = (one.name for one in fields(self) if one.name not in ("origins", *self.origins))
        return replace(self, **{name: getattr(default, name) for name in names})


# EfficientMod's evaluation script sets none of these, so timm's defaults for ImageNet apply.
IMAGENET = PreprocessingConfig((224, 224), "bicubic", 0.875, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def preprocessing_of(module: nn.Module, name: str, beside: Mapping[str, Any] | None = None) -> PreprocessingConfig:
    """ImageNet's preprocessing, with what the module's `pretrained_cfg` (timm's dictionary) states in its place, and in
    the place of that the `pretrained_cfg` and the `args` (of timm's `train.py`) that a checkpoint has `beside` weights.

    Raises ModelError for a configuration that is not supported: not three channels, or another interpolation.
    """
    beside = beside or {}
    sources = (
        (getattr(module, "pretrained_cfg", None), f"the pretrained_cfg of {name}"),
        (beside.get("pretrained_cfg"), "the checkpoint's pretrained_cfg"),
        (_of_train_py(beside.get("args")), "the checkpoint's args"),
    )
    config = IMAGENET
    for source, origin in sources:
        if source is None:
            continue
        try:
            config = config.stated(_timm_values(source), origin)
        except (TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"{origin} cannot be used: {error}.", code="unsupported_preprocessing") from error
    return config


def with_flags(config: PreprocessingConfig, flags: Mapping[str, Any]) -> PreprocessingConfig:
    """With what a user asks for, by the names of the fields, or as `resolution` (H, W); None leaves a value.

    Raises InputError for a value that is not supported.
    """
    for name, value in flags.items():
        option = f"--{name.replace('_', '-')}"
        try:
            config = config.stated({"input_size" if name == "resolution" else name: value}, option)
        except (TypeError, ValueError) as error:
            raise InputError(f"{option} cannot be used: {error}.", code="invalid_preprocessing") from error
    return config


def _timm_values(source: Any) -> dict[str, Any]:
    """The values of a `pretrained_cfg`, or of the arguments of `train.py`, a mapping or a Namespace."""
    stated = source if isinstance(source, Mapping) else vars(source)
    size = stated.get("input_size") or (stated.get("img_size") and (3, stated["img_size"], stated["img_size"]))
    crop_mode = stated.get("crop_mode") or None
    if crop_mode is not None and crop_mode not in _CROP_MODES:
        raise ValueError(f"its crop mode is {crop_mode!r}, not one of {', '.join(_CROP_MODES)}")
    return {
        "input_size": _height_and_width(size) if size else None,
        "interpolation": stated.get("interpolation") or None,
        "crop_pct": stated.get("crop_pct") or None,
        "mean": _given(stated.get("mean")),
        "std": _given(stated.get("std")),
        "resize_mode": None if crop_mode is None else _CROP_MODES[crop_mode],
    }


def _of_train_py(arguments: Any) -> Any:
    """The arguments if they are those of timm's `train.py`; other scripts mean other things by the same names."""
    names = arguments if isinstance(arguments, Mapping) else vars(arguments) if hasattr(arguments, "__dict__") else {}
    return arguments if {"mean", "std", "interpolation", "crop_pct", "train_interpolation"} <= set(names) else None


def _given(value: Any) -> Any:
    return None if value is None or len(value) == 0 else value


def _height_and_width(size: Any) -> tuple[int, int]:
    channels, height, width = size
    if channels != 3:
        raise ValueError(f"its input has {channels} channels, and only 3 are supported")
    return int(height), int(width)


def _choice(values: tuple[str, ...], title: str) -> Callable[[Any], Any]:
    def parse(value: Any) -> Any:
        if value not in values:
            raise ValueError(f"the {title} is {value!r}, not one of {', '.join(values)}")
        return value

    return parse


def _fraction(value: Any) -> float:
    if not 0 < float(value) <= 1:
        raise ValueError(f"the crop is {value} of the resized picture, and must be above 0 and at most 1")
    return float(value)


def _rgb(values: Any) -> tuple[float, float, float]:
    channels = tuple(float(value) for value in values)
    red, green, blue = channels * 3 if len(channels) == 1 else channels
    if not all(map(math.isfinite, channels)):
        raise ValueError(f"{red:g} {green:g} {blue:g} are not all finite")
    if max(map(abs, channels)) > 4:  # of ImageNet they are 0.5 and 0.2 of the largest value
        raise ValueError(f"{red:g} is of pixels from 0 to 255; divide it by 255")
    return red, green, blue


def _positive_rgb(values: Any) -> tuple[float, float, float]:
    channels = _rgb(values)
    if min(channels) <= 0:
        raise ValueError(f"the standard deviation {min(channels):g} is not above 0")
    return channels


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "input_size": lambda size: size,
    "interpolation": _choice(get_args(Interpolation), "interpolation"),
    "crop_pct": _fraction,
    "mean": _rgb,
    "std": _positive_rgb,
    "resize_mode": _choice(get_args(ResizeMode), "resize mode"),
}
