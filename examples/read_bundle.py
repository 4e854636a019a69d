"""Read a bundle with nothing of the toolkit: `python read_bundle.py FOLDER`. All it knows is docs/bundle_format.md.

It checks every file, makes each golden picture into the network's input and compares the bits.
"""

import hashlib
import json
import math
import re
import sys
from pathlib import Path

import numpy as np
from PIL import Image

PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
BITS = 22  # of a resize's integer weights


def stored_files(value):
    """Every object with `file`, `sha256` and `size`, wherever it is in the manifest."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict) and {"file", "sha256", "size"} <= value.keys() else []
    return own + [found for child in children for found in stored_files(child)]


def digest(path):
    """SHA-256 and bytes of a file or a folder."""
    if path.is_symlink():
        sys.exit(f"{path} is a symbolic link")
    if path.is_file():
        content = path.read_bytes()
        return hashlib.sha256(content).hexdigest(), len(content)
    below = [file for file in path.rglob("*") if file.is_symlink() or not file.is_dir()]
    files = sorted(((file.relative_to(path).as_posix(), *digest(file)) for file in below), key=lambda f: f[0].encode())
    listing = "".join(f"{sha256}  {name}\n" for name, sha256, _ in files)
    return hashlib.sha256(listing.encode()).hexdigest(), sum(size for _, _, size in files)


def check(folder, stored):
    """Whether a file is as the manifest says."""
    path = folder / stored["file"]
    if not PLAIN.fullmatch(stored["file"]) or any(
        (folder / part).is_symlink() for part in Path(stored["file"]).parents
    ):
        sys.exit(f"{stored['file']} leads out of the bundle, or lies behind a link")
    if not path.exists() or path.is_dir() != (stored.get("kind") == "folder"):
        sys.exit(f"{stored['file']} is missing, or no {stored.get('kind', 'file')}")
    if digest(path) != (stored["sha256"], stored["size"]):
        sys.exit(f"{stored['file']} has changed")


def taps(count, size, interpolation):
    """For each of `size` outputs of an axis of `count` inputs: the first input, and the integer weights from there."""
    scale = count / size
    if interpolation == "nearest":
        position = 0.5 * scale
        for _ in range(size):
            yield math.trunc(position), [1 << BITS]
            position += scale
        return
    factor = max(scale, 1.0)
    support = (2.0 if interpolation == "bicubic" else 1.0) * factor
    for x in range(size):
        centre = (x + 0.5) * scale
        first, last = max(0, math.trunc(centre - support + 0.5)), min(count, math.trunc(centre + support + 0.5))
        weights = [kernel((i - centre + 0.5) * (1.0 / factor), interpolation) for i in range(first, last)]
        total = 0.0
        for weight in weights:  # not sum(), which compensates rounding from Python 3.12 on
            total += weight
        scaled = [weight / total * 2**BITS for weight in weights]
        yield first, [math.trunc(weight + math.copysign(0.5, weight)) for weight in scaled]


def kernel(t, interpolation):
    """The weight at distance t."""
    t = abs(t)
    if interpolation == "bilinear":
        return max(0.0, 1.0 - t)
    if t < 1.0:
        return (1.5 * t - 2.5) * t * t + 1.0
    return (((t - 5.0) * t + 8.0) * t - 4.0) * -0.5 if t < 2.0 else 0.0


def resize_rows(picture, size, interpolation):
    """(n, m, 3) to (size, m, 3)."""
    if size == len(picture):
        return picture
    result = np.empty((size, *picture.shape[1:]), np.uint8)
    for y, (first, weights) in enumerate(taps(len(picture), size, interpolation)):
        rows = picture[first : first + len(weights)].astype(np.int64)
        sums = np.tensordot(np.array(weights), rows, axes=1) + (1 << (BITS - 1))
        result[y] = np.clip(sums >> BITS, 0, 255)
    return result


def scaled_size(resize, height, width):
    """(h', w')."""
    aim_height, aim_width = resize["height"], resize["width"]
    if resize["rule"] == "stretch":
        return aim_height, aim_width
    if resize["rule"] == "shorter_side":
        side, shorter = aim_height, min(height, width)
        return (side, side * width // shorter) if height <= width else (side * height // shorter, side)
    ratios = height / aim_height, width / aim_width
    ratio = max(ratios) if resize["rule"] == "letterbox" else min(ratios)
    return max(1, round(height / ratio)), max(1, round(width / ratio))


def preprocess(picture, steps):
    """uint8 (h, w, 3) to float32 (1, 3, H, W)."""
    resize, crop = steps["resize"], steps["crop"]
    size = scaled_size(resize, *picture.shape[:2])
    columns = resize_rows(picture.transpose(1, 0, 2), size[1], resize["interpolation"]).transpose(1, 0, 2)
    scaled = resize_rows(columns, size[0], resize["interpolation"])
    seen = np.full((crop["height"], crop["width"], 3), crop["fill"] or 0, np.uint8)
    starts = []
    for have, want in zip(size, seen.shape[:2], strict=True):
        start = round((have - want) / 2) if have >= want else -((want - have) // 2)
        starts.append(0 if crop["position"] == "top_left" else start)
    top, left = starts
    part = scaled[max(0, top) : top + crop["height"], max(0, left) : left + crop["width"]]
    seen[max(0, -top) :, max(0, -left) :][: part.shape[0], : part.shape[1]] = part
    mean, std = np.array(steps["mean"], np.float32), np.array(steps["std"], np.float32)
    return ((seen.astype(np.float32) / np.float32(255) - mean) / std).transpose(2, 0, 1)[np.newaxis]


def main(folder):
    """Check and compare; the exit status is 1 where anything differs."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    version = manifest.get("format_version", "none")
    if not re.fullmatch(r"1\.(0|[1-9][0-9]*)", version):
        sys.exit(f"the format version is {version}, and this program reads 1.0 and other versions 1.x")
    files = stored_files(manifest)
    for stored in files:
        check(folder, stored)
    model = manifest["model"]
    print(f"{model['name']}: {len(files)} files as written; weights: {model['weights']['statement']}")
    declared = {given["name"]: given for given in manifest["inputs"]}
    differing = 0
    for sample in manifest["golden"]:
        for given in sample["inputs"]:
            if given["picture"] is None:
                continue
            picture = np.asarray(Image.open(folder / given["picture"]["file"]))
            made = np.ascontiguousarray(preprocess(picture, declared[given["input"]]["preprocessing"]), "<f4")
            kept = np.fromfile(folder / given["tensor"]["file"], "<f4")
            count = int(np.count_nonzero(made.ravel().view("<u4") != kept.view("<u4")))
            print(f"{sample['name']}: {count} of {made.size} values differ")
            differing += count
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
