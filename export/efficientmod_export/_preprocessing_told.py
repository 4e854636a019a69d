"""A preprocessing in a sentence, with where each of its values comes from."""

from collections.abc import Mapping

from efficientmod_export.bundle import Preprocessing

VALUES = ("input_size", "resize_mode", "interpolation", "crop_pct", "mean", "std")
"""The values that a user can state, in the order of their use."""


def preprocessing_told(preprocessing: Preprocessing, origins: Mapping[str, str]) -> str:
    """`origins` are by the names of `PreprocessingConfig`'s fields; those that it lacks are defaults."""
    resize, crop = preprocessing.resize, preprocessing.crop
    whole = (resize.height, resize.width) == (crop.height, crop.width)
    rule = {"shorter_side": "cover"}.get(resize.rule, resize.rule)
    cropped = "" if whole else f", centre {crop.height}x{crop.width}"
    mean, std = (" ".join(f"{value:g}" for value in values) for values in (preprocessing.mean, preprocessing.std))
    stated: dict[str, list[str]] = {}
    for name in VALUES:
        stated.setdefault(origins.get(name, "default"), []).append(name)
    defaults = stated.pop("default", [])
    told = [f"{', '.join(names)} from {origin}" for origin, names in stated.items()]
    told += [f"{', '.join(defaults)} by default"] if defaults else []
    return (
        f"{rule} {resize.height}x{resize.width} by {resize.interpolation}{cropped}, mean {mean}, std {std} "
        f"({'; '.join(told)})"
    )
