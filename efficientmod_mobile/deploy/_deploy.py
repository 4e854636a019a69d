"""The chain of exact transforms, and its proof.

The original is promoted to float64 (exact), transformed there, compared with the original in float64, and only then
rounded to float32. So a mistake in a transform cannot hide behind float32 rounding.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from efficientmod_mobile.deploy._certificate import Certificate
from efficientmod_mobile.deploy._program import Program, run, to_dtype
from efficientmod_mobile.deploy._proof import natural_images, relative_error, tolerance
from efficientmod_mobile.deploy._transform import Transform, apply
from efficientmod_mobile.errors import ConversionError

Recipe = tuple[Transform[Any], ...]

EXACT: Recipe = ()
"""The transforms that every target gets, in their order."""


@dataclass(frozen=True)
class Deployed:
    """A transformed float32 program and the proof that it equals its original."""

    program: Program
    certificate: Certificate


def deploy(program: Program, recipe: Recipe = EXACT) -> Deployed:
    """Run the recipe's transforms over a copy of the program and prove the result.

    Raises:
        ConversionError: a transform changed what the network computes; the message names it.
    """
    original, changed = to_dtype(program, torch.float64), to_dtype(program, torch.float64)
    steps = tuple(apply(transform, changed) for transform in recipe)
    images = natural_images(tuple(program.example.shape), count=2, seed=0)
    reference = [run(original, image) for image in images]
    if not all(bool(torch.isfinite(output).all()) for outputs in reference for output in outputs):
        raise ConversionError("the network gives NaN or infinity for natural images; check its weights")
    allowed = tolerance(original, images, reference)
    float64_error = _worst(changed, images, reference)
    if not float64_error <= allowed:
        raise ConversionError(_blame(original, recipe, images, reference, allowed, float64_error))
    deployed = to_dtype(changed, torch.float32)
    float32_error = _worst(deployed, [image.float() for image in images], reference)
    return Deployed(
        deployed,
        Certificate(steps, program.node_count, deployed.node_count, float64_error, float32_error, allowed),
    )


def _worst(program: Program, images: Any, reference: list[tuple[Tensor, ...]]) -> float:
    return max(relative_error(run(program, image), expected) for image, expected in zip(images, reference, strict=True))


def _blame(
    original: Program, recipe: Recipe, images: Any, reference: list[tuple[Tensor, ...]], allowed: float, error: float
) -> str:
    """Run the recipe again, measuring after each transform, and name the one that breaks the equality."""
    program = to_dtype(original, torch.float64)
    for transform in recipe:
        apply(transform, program)
        after = _worst(program, images, reference)
        if not after <= allowed:
            return (
                f"transform {transform.name} changes the network: relative error {after:.1e} in float64, "
                f"{allowed:.0e} allowed; leave it out of the recipe"
            )
    return f"the transformed network differs by {error:.1e} in float64, {allowed:.0e} allowed; deploy it untransformed"
