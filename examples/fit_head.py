"""A checkpoint and its labels from a folder of pictures, to try the toolkit with: `python examples/fit_head.py FOLDER`.

The trunk of EfficientMod-xxs has seeded weights; its last layer is fitted to the pictures, so that it knows these
pictures and no others. A picture's name without digits is its class. Writes my.pth and labels.txt.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from efficientmod_mobile import load_network

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
RIDGE = 1e-3


def tensor(path: Path) -> torch.Tensor:
    """What ImageNet's networks take of a picture: its middle, float32 (1, 3, 224, 224)."""
    with Image.open(path) as image:
        pixels = ImageOps.fit(image.convert("RGB"), (256, 256), Image.Resampling.BICUBIC).crop((16, 16, 240, 240))
    normalised = (np.asarray(pixels) / 255.0 - MEAN) / STD
    return torch.from_numpy(normalised.transpose(2, 0, 1)[None].astype(np.float32))


def main() -> None:
    """Fit and save."""
    if len(sys.argv) != 2:
        sys.exit("Usage: python examples/fit_head.py FOLDER")
    pictures = sorted(Path(sys.argv[1]).glob("*.webp"))
    classes = [path.stem.rstrip("0123456789") for path in pictures]
    labels = sorted(set(classes))
    module = load_network("efficientmod_xxs", None).module
    features: list[torch.Tensor] = []
    module.head.register_forward_pre_hook(lambda _, given: features.append(given[0].double()))
    with torch.no_grad():
        for path in pictures:
            module(tensor(path))
    known = torch.cat(features)
    centre = known.mean(0)
    wanted = torch.tensor([[10.0 * (label == own) for label in labels] for own in classes], dtype=torch.float64)
    gram = (known - centre) @ (known - centre).T
    weight = torch.linalg.solve(gram + RIDGE * gram.diagonal().mean() * torch.eye(len(gram)), wanted).T @ (
        known - centre
    )
    state = dict(module.state_dict(), **{"head.weight": weight.float(), "head.bias": -(weight @ centre).float()})
    torch.save({"state_dict": state}, "my.pth")
    Path("labels.txt").write_text("".join(f"{label}\n" for label in labels))
    print(f"my.pth and labels.txt: {len(labels)} classes, fitted to {len(pictures)} pictures")


if __name__ == "__main__":
    main()
