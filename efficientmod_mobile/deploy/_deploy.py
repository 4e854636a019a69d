"""The chain of exact transforms, and its proof.

The original is promoted to float64 (exact), transformed there, compared with the original in float64, and only then
rounded to float32. So a mistake in a transform cannot hide behind float32 rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from efficientmod_mobile.deploy._attention import AttentionScaleIntoQuery
from efficientmod_mobile.deploy._batch_norm import BatchNormAlone, BatchNormIntoProducer, BatchNormIntoReaders
from efficientmod_mobile.deploy._certificate import Certificate
from efficientmod_mobile.deploy._constant import FoldConstants, ProductAsLinear
from efficientmod_mobile.deploy._identity import Identity
from efficientmod_mobile.deploy._norm_affine import NormAffineIntoReaders
from efficientmod_mobile.deploy._parallel import ParallelLayers
from efficientmod_mobile.deploy._program import Program, run, to_dtype
from efficientmod_mobile.deploy._proof import natural_images, relative_error, tolerance
from efficientmod_mobile.deploy._scale import ConstantIntoProducer, ConstantIntoReaders
from efficientmod_mobile.deploy._sequential import SequentialLayers
from efficientmod_mobile.deploy._transform import Recipe, Repeat, apply
from efficientmod_mobile.errors import ConversionError

EXACT: Recipe = (
    FoldConstants(),
    Identity(),
    ProductAsLinear(),
    Repeat(
        (
            BatchNormIntoProducer(),
            ConstantIntoProducer(),
            AttentionScaleIntoQuery(),
            ParallelLayers(),
            BatchNormIntoReaders(),
            NormAffineIntoReaders(),
            ConstantIntoReaders(),
            SequentialLayers(),
        )
    ),
    BatchNormAlone(),
)
"""The transforms that every target gets, in their order."""

Outputs = tuple[Tensor, ...]


@dataclass(frozen=True)
class Deployed:
    """A transformed float32 program and the proof that it equals its original."""

    program: Program
    certificate: Certificate


def deploy(program: Program, recipe: Recipe = EXACT) -> Deployed:
    """Run the recipe's transforms over a copy of the program and prove the result.

    Raises:
        ConversionError: the network's own output is not finite or only rounding, or a transform changed it; the message
            names which.
    """
    original, changed = to_dtype(program, torch.float64), to_dtype(program, torch.float64)
    steps = apply(recipe, changed)
    images = natural_images(tuple(program.example.shape), count=2, seed=0)
    reference = [run(original, image) for image in images]
    if not all(bool(torch.isfinite(output).all()) for outputs in reference for output in outputs):
        raise ConversionError("the network gives NaN or infinity for natural images; check its weights")
    allowed = tolerance(original, images, reference)
    float64_error = _worst(changed, images, reference)
    if not float64_error <= allowed:
        raise ConversionError(_blame(original, recipe, images, reference, allowed))
    deployed = to_dtype(changed, torch.float32)
    float32_error = _worst(deployed, [image.float() for image in images], reference)
    return Deployed(
        deployed,
        Certificate(steps, program.node_count, deployed.node_count, float64_error, float32_error, allowed),
    )


def _worst(program: Program, images: Sequence[Tensor], reference: Sequence[Outputs]) -> float:
    return max(relative_error(run(program, image), expected) for image, expected in zip(images, reference, strict=True))


def _blame(
    original: Program, recipe: Recipe, images: Sequence[Tensor], reference: Sequence[Outputs], allowed: float
) -> str:
    """Run longer and longer beginnings of the recipe, and name the part at whose end the equality is lost."""
    for length in range(1, len(recipe) + 1):
        program = to_dtype(original, torch.float64)
        steps = apply(recipe[:length], program)
        error = _worst(program, images, reference)
        if not error <= allowed:
            break
    part = recipe[length - 1]
    count = len(part.transforms) if isinstance(part, Repeat) else 1
    names = " or ".join(step.transform for step in steps[-count:] if step.applied)
    return (
        f"{names} changes the network: relative error {error:.1e} in float64, {allowed:.0e} allowed; "
        "leave it out of the recipe"
    )
