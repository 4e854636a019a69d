"""`preprocess.json`, `normalise.json` and `layouts.json`."""

from pathlib import Path
from typing import Any

import numpy as np

from tests.vectors.generate import arithmetic
from tests.vectors.generate.files import array, write_cases
from tests.vectors.generate.resizing import picture

IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
HALVES = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
UNIT = ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
CLIP = ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])

# source (h, w), rule, aim (S_h, S_w), interpolation, crop (H, W), position, fill, (mean, std)
CHAINS: tuple[Any, ...] = (
    ((37, 53), "shorter_side", (18, 18), "bicubic", (16, 16), "center", None, IMAGENET),
    ((53, 37), "shorter_side", (19, 19), "bilinear", (16, 14), "center", None, HALVES),
    ((9, 7), "shorter_side", (14, 14), "nearest", (13, 12), "top_left", None, UNIT),
    ((37, 53), "cover", (18, 27), "bicubic", (16, 24), "center", None, IMAGENET),
    ((41, 30), "cover", (16, 24), "bilinear", (16, 23), "center", None, CLIP),
    ((6, 50), "cover", (12, 9), "nearest", (12, 9), "center", None, UNIT),
    ((37, 53), "stretch", (16, 24), "bicubic", (16, 24), "center", None, IMAGENET),
    ((9, 8), "stretch", (21, 12), "bilinear", (20, 9), "center", None, HALVES),
    ((37, 53), "letterbox", (24, 20), "bicubic", (24, 20), "center", [124, 116, 104], IMAGENET),
    ((53, 37), "letterbox", (20, 24), "bilinear", (20, 24), "center", [114, 114, 114], UNIT),
    ((53, 37), "letterbox", (20, 25), "nearest", (20, 25), "top_left", [0, 127, 255], UNIT),
    ((30, 41), "letterbox", (22, 26), "bicubic", (19, 24), "center", [1, 2, 3], HALVES),
    ((11, 8), "letterbox", (8, 9), "bicubic", (15, 12), "center", [255, 0, 9], CLIP),
    ((1, 60), "letterbox", (9, 12), "bilinear", (9, 12), "center", [7, 8, 9], UNIT),
    ((16, 24), "stretch", (16, 24), "bicubic", (16, 24), "center", None, IMAGENET),
)


def write(folder: Path) -> None:
    """Write the family's files."""
    write_cases(folder / "preprocess.json", [_chain(*chain) for chain in CHAINS])
    write_cases(folder / "normalise.json", [_normalise(*values) for values in (IMAGENET, HALVES, UNIT, CLIP)])
    write_cases(folder / "layouts.json", _layouts())


def fields(
    rule: str,
    aim: tuple[int, int],
    interpolation: str,
    crop: tuple[int, int],
    position: str,
    fill: list[int] | None,
    values: tuple[list[float], list[float]],
) -> dict[str, Any]:
    return {
        "orientation": "exif",
        "alpha": "over_white",
        "color_order": "RGB",
        "resize": {
            "rule": rule,
            "height": aim[0],
            "width": aim[1],
            "interpolation": interpolation,
            "antialias": interpolation != "nearest",
        },
        "crop": {"position": position, "height": crop[0], "width": crop[1], "fill": fill},
        "divisor": 255,
        "mean": values[0],
        "std": values[1],
    }


def _chain(source: tuple[int, int], *settings: Any) -> dict[str, Any]:
    preprocessing = fields(*settings)
    drawn = picture(*source)
    seen = arithmetic.pixels(drawn, preprocessing)
    tensor = arithmetic.normalised(seen, preprocessing["mean"], preprocessing["std"]).transpose(2, 0, 1)[None]
    return {"preprocessing": preprocessing, "source": array(drawn), "pixels": array(seen), "tensor": array(tensor)}


def _normalise(mean: list[float], std: list[float]) -> dict[str, Any]:
    """Row v is what the pixel (v, v, v) becomes."""
    values = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
    return {"mean": mean, "std": std, "result": array(arithmetic.normalised(values, mean, std))}


def _layouts() -> list[dict[str, Any]]:
    pixels = picture(4, 6)
    settings = (("float32", IMAGENET), ("float32", UNIT), ("float16", HALVES), ("uint8", None), ("float32", None))
    cases = []
    for layout in ("NCHW", "NHWC"):
        for dtype, values in settings:
            made = pixels if values is None else arithmetic.normalised(pixels, *values)
            laid = made[np.newaxis] if layout == "NHWC" else made.transpose(2, 0, 1)[np.newaxis]
            stated = None if values is None else {"mean": values[0], "std": values[1]}
            own = {"shape": list(laid.shape), "dtype": dtype, "layout": layout, "normalisation": stated}
            cases.append({"what": "input", "own": own, "pixels": array(pixels), "values": array(laid.astype(dtype))})
    features = np.random.RandomState(3).standard_normal((1, 5, 3, 4)).astype(np.float32)
    own = {"shape": [1, 3, 4, 5], "dtype": "float32", "layout": "NHWC"}
    laid = features.transpose(0, 2, 3, 1)
    cases.append({"what": "output", "own": own, "values": array(laid), "layout": "NCHW", "result": array(features)})
    return cases
