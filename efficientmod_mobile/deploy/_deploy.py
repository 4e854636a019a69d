"""The chain of exact transforms, and its proof.

The original is promoted to float64 (exact), transformed there, compared with the original in float64, and only then
rounded to float32. So a mistake in a transform cannot hide behind float32 rounding.
"""

from dataclasses import dataclass

import torch

from efficientmod_mobile.deploy._certificate import Certificate
from efficientmod_mobile.deploy._proof import Original
from efficientmod_mobile.deploy._transform import Recipe, Repeat, apply
from efficientmod_mobile.deploy.folds import EXACT
from efficientmod_mobile.deploy.program import Program, to_dtype
from efficientmod_mobile.errors import ConversionError


@dataclass(frozen=True)
class Deployed:
    """A transformed float32 program and the proof that it equals its original."""

    program: Program
    certificate: Certificate


def deploy(program: Program, recipe: Recipe = EXACT, original: Original | None = None) -> Deployed:
    """Run the recipe's transforms over a copy of the program and prove the result.

    `original` is `Original.of(program)`, for whoever runs several recipes over one program; left out, it is computed.

    Raises:
        ConversionError: the network's own output is not finite, or a transform changed it; the message names which.
    """
    original = original or Original.of(program)
    changed = to_dtype(program, torch.float64)
    steps = apply(recipe, changed)
    float64_error = original.error(changed)
    if not float64_error <= original.tolerance:
        raise ConversionError(_blame(program, recipe, original))
    deployed = to_dtype(changed, torch.float32)
    float32_error = original.error(deployed)
    return Deployed(
        deployed,
        Certificate(steps, program.node_count, deployed.node_count, float64_error, float32_error, original.tolerance),
    )


def _blame(program: Program, recipe: Recipe, original: Original) -> str:
    """Run longer and longer beginnings of the recipe, and name the part at whose end the equality is lost."""
    for length in range(1, len(recipe) + 1):
        changed = to_dtype(program, torch.float64)
        steps = apply(recipe[:length], changed)
        error = original.error(changed)
        if not error <= original.tolerance:
            break
    part = recipe[length - 1]
    count = len(part.transforms) if isinstance(part, Repeat) else 1
    names = " or ".join(step.transform for step in steps[-count:] if step.applied)
    return (
        f"{names} changes the network: relative error {error:.1e} in float64, {original.tolerance:.0e} allowed; "
        "leave it out of the recipe"
    )
