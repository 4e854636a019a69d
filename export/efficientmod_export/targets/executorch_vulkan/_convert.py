"""From a program to a `.pte` file for Vulkan.

GELU is approximated here, apart from the recipe, whose transforms are exact. Only a network that Vulkan takes whole is
converted: pieces could not be proven without a phone, and a phone's runtime may lack the operators between them.
"""

from pathlib import Path

import torch

from efficientmod_export._stages import ConversionOptions, Precision
from efficientmod_export.targets._program import copy, write_file
from efficientmod_export.targets._target import Conversion
from efficientmod_export.targets.executorch._lowering import LoweredPte, executorch_version, partitioned_pte
from efficientmod_mobile.deploy import GeluBySigmoid, Program, apply
from efficientmod_mobile.deploy.program import module_path
from efficientmod_mobile.errors import ConversionError

ATTENTION = torch.ops.aten.scaled_dot_product_attention.default


def convert(program: Program, options: ConversionOptions, path: Path) -> Conversion:
    """Approximate GELU, cut, lower and write.

    Raises ConversionError for attention in one operator, and where operators stay outside the delegate.
    """
    _check_attention(program)
    lowered, rewrites = lower_for_vulkan(program, options.precision)
    if lowered.delegates != 1 or lowered.outside:
        outside = ", ".join(lowered.outside) or "nothing"
        raise ConversionError(
            f"Vulkan takes the network in {lowered.delegates} pieces and leaves {outside} outside, which cannot be "
            f"proven without a phone; choose the target executorch or tflite.",
            code="not_fully_delegated",
        )
    write_file(path, lowered.data)
    return Conversion(executorch_version(), lowered.delegates, lowered.outside, rewrites=rewrites)


def lower_for_vulkan(program: Program, precision: Precision) -> tuple[LoweredPte, dict[str, int]]:
    """The file in memory, and how often each approximation applied."""
    from executorch.backends.vulkan.partitioner.vulkan_partitioner import VulkanPartitioner

    changed = copy(program)
    steps = apply((GeluBySigmoid(),), changed)
    lowered = partitioned_pte(changed, VulkanPartitioner({"force_fp16": precision == "fp16"}))
    return lowered, {step.transform: step.applied for step in steps if step.applied}


def _check_attention(program: Program) -> None:
    """ExecuTorch lowers the fused operator to a softmax that compares with -inf, which its file writer cannot write."""
    fused = next(iter(program.graph.find_nodes(op="call_function", target=ATTENTION)), None)
    if fused is not None:
        raise ConversionError(
            f"The network cannot be converted to executorch-vulkan: scaled_dot_product_attention in "
            f"{module_path(fused) or 'the network itself'} becomes a softmax with -inf in it, which ExecuTorch cannot "
            f"write for Vulkan; write that attention as two products and a softmax, or leave this target out.",
            code="unsupported_attention",
        )
