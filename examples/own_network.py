"""A network of your own, from its code to a bundle that is proven twice.

    python examples/own_network.py out

The network is trained elsewhere; here a saved checkpoint stands for that. The exporter builds the network by calling
`build` and loads the checkpoint into it.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn

from efficientmod_export import export, verify_bundle


def build() -> nn.Module:
    """A classifier of seven classes for pictures of 96x128 pixels (H, W)."""
    return nn.Sequential(
        *(nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.Hardswish()),
        *(nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.Conv2d(16, 32, 1), nn.GELU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 7)),
    )


def main() -> None:
    """Save a checkpoint, export it as TFLite and ONNX, and verify the bundle."""
    output = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    with TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "trained.pth"
        torch.save(build().state_dict(), checkpoint)
        exported = export(
            "own_network:build",
            checkpoint=str(checkpoint),
            targets=("tflite", "onnx"),
            resolution=(96, 128),
            output=output,
        )
    exported.raise_for_failure()
    verified = verify_bundle(output)
    print(f"{verified.bundle}: {', '.join(one.name for one in verified.variants)}, exit code {verified.exit_code}")
    sys.exit(verified.exit_code)


if __name__ == "__main__":
    main()
