"""Apply a recipe of exact transforms to a program and prove that the result is equal.

The program is converted to float64 (exact), transformed there, compared with the original in float64, and only then
rounded to float32, so that float32 rounding cannot hide an error of a transform.
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
    """Apply the recipe to a copy of the program and prove that the result is equal.

    `original` is `Original.of(program)`, given to compute it once for several recipes; computed if it is None.

    Raises:
        ConversionError: the network's own output is not finite, or a transform is not exact; the message names it.
    """
    original = original or Original.of(program)
    changed = to_dtype(program, torch.float64)
    steps = apply(recipe, changed)
    float64_error = original.error(changed)
    if not float64_error <= original.tolerance:
        raise ConversionError(_inexact_transform(program, recipe, original), code="inexact_transform")
    deployed = to_dtype(changed, torch.float32)
    float32_error = original.error(deployed)
    return Deployed(
        deployed,
        Certificate(steps, program.node_count, deployed.node_count, float64_error, float32_error, original.tolerance),
    )


def _inexact_transform(program: Program, recipe: Recipe, original: Original) -> str:
    """Apply prefixes of the recipe of growing length; describe the first part after which the programs differ."""
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
        f"{names} is not exact for this network: relative error {error:.1e} in float64, "
        f"{original.tolerance:.0e} allowed; leave it out of the recipe"
    )
