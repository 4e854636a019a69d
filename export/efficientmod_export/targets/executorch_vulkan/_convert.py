"""ExecuTorch for Vulkan: the GPUs of Android phones, in float32.

ExecuTorch from pip is built without this runtime, so nothing here says what the GPU computes: a phone has to prove it.
"""

import torch

from efficientmod_export.targets._target import register
from efficientmod_export.targets.executorch._convert import ExecutorchBackend, LoweredPte, partitioned_pte
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy.program import module_path
from efficientmod_mobile.errors import ConversionError

ATTENTION = torch.ops.aten.scaled_dot_product_attention.default


@register
class ExecutorchVulkanBackend(ExecutorchBackend):
    """`model_vulkan.pte`, float32; takes the normalised image (1, 3, H, W)."""

    target = "executorch-vulkan"
    runtime = "ExecuTorch with Vulkan"
    delegate = "VulkanBackend"
    filename = "model_vulkan.pte"

    def lower(self, program: Program) -> LoweredPte:
        """Cut and lower for Vulkan; ConversionError for attention in one operator."""
        from executorch.backends.vulkan.partitioner.vulkan_partitioner import VulkanPartitioner

        _check_attention(program)
        return partitioned_pte(program, VulkanPartitioner())


def _check_attention(program: Program) -> None:
    """ExecuTorch lowers the fused operator to a softmax that compares with -inf, which its file writer cannot write."""
    fused = next(iter(program.graph.find_nodes(op="call_function", target=ATTENTION)), None)
    if fused is not None:
        raise ConversionError(
            f"The network cannot be converted to executorch-vulkan: scaled_dot_product_attention in "
            f"{module_path(fused) or 'the network itself'} becomes a softmax with -inf in it, which ExecuTorch cannot "
            f"write for Vulkan; write that attention as two products and a softmax, or leave this target out."
        )
