"""Core ML's limit on the axes of a tensor."""

import torch

from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import module_path
from efficientmod_mobile.errors import ConversionError

MOST_AXES = 5


def check_axes(program: Program) -> None:
    """Raise ConversionError for the first tensor of more axes than Core ML has, which the recipe could not avoid."""
    for node in program.graph.nodes:
        value = node.meta.get("val")
        if not isinstance(value, torch.Tensor) or value.ndim <= MOST_AXES:
            continue
        made = "an input" if node.op == "placeholder" else f"made by {node.target}"
        raise ConversionError(
            f"{module_path(node) or 'The network itself'} has a tensor of {value.ndim} axes, {made}, and Core ML has "
            f"at most {MOST_AXES}; merge some of them, as y.flatten(0, 1) does, or leave this target out.",
            code="too_many_axes",
        )
