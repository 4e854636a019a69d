"""From a program to a `.pte` file for Vulkan."""

from pathlib import Path

import torch

from efficientmod_export._stages import ConversionOptions
from efficientmod_export.targets._program import write_file
from efficientmod_export.targets._target import Conversion
from efficientmod_export.targets.executorch._lowering import executorch_version, partitioned_pte
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import module_path
from efficientmod_mobile.errors import ConversionError

ATTENTION = torch.ops.aten.scaled_dot_product_attention.default


def convert(program: Program, options: ConversionOptions, path: Path) -> Conversion:  # noqa: ARG001
    """Cut, lower and write; ConversionError for attention in one operator."""
    from executorch.backends.vulkan.partitioner.vulkan_partitioner import VulkanPartitioner

    _check_attention(program)
    lowered = partitioned_pte(program, VulkanPartitioner())
    write_file(path, lowered.data)
    return Conversion(executorch_version(), lowered.delegates, lowered.outside)


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
