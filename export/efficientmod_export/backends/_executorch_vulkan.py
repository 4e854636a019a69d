"""ExecuTorch for Vulkan: the GPUs of Android phones, in float32.

No machine that builds bundles has the runtime, so nothing here says what the GPU computes: a phone has to prove it.
"""

from importlib import metadata
from pathlib import Path

import torch

from efficientmod_export._stages import Artifact, ConversionOptions, Precision, Runner, TensorSpec
from efficientmod_export.backends._backend import check_precision, demand, register
from efficientmod_export.backends._executorch import EXECUTORCH, LoweredPte, partitioned_pte, pte_runner
from efficientmod_export.backends._failures import converting
from efficientmod_export.backends._program import input_spec, output_specs, write_file
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.deploy._graph import module_path
from efficientmod_mobile.errors import ConversionError

DELEGATE = "VulkanBackend"
ATTENTION = torch.ops.aten.scaled_dot_product_attention.default


@register
class ExecutorchVulkanBackend:
    """`model_vulkan.pte`, float32; takes the normalised image (1, 3, H, W)."""

    target = "executorch-vulkan"
    precisions: tuple[Precision, ...] = ("fp32",)
    filename = "model_vulkan.pte"
    requires: tuple[tuple[str, str], ...] = ((EXECUTORCH, "executorch"),)

    def convert(self, program: Program, options: ConversionOptions, folder: Path) -> Artifact:
        """Lower and write."""
        check_precision(self, options)
        _check_attention(program)
        demand(self)
        path = folder / self.filename
        with converting(self.target):
            lowered = lower_for_vulkan(program)
            write_file(path, lowered.data)
        return Artifact(
            target=self.target,
            path=path,
            precision=options.precision,
            runtime="ExecuTorch with Vulkan",
            least_runtime=metadata.version(EXECUTORCH),
            inputs=(input_spec(program, options),),
            outputs=output_specs(program),
            delegates=lowered.delegates,
            outside=lowered.outside,
        )

    def runner(self, path: Path, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> Runner | None:
        """Run with ExecuTorch's runtime where it is built with Vulkan, which the one from pip is not."""
        demand(self)
        return pte_runner(path, inputs, outputs, DELEGATE)


def lower_for_vulkan(program: Program) -> LoweredPte:
    """Lower a float32 program for Vulkan."""
    from executorch.backends.vulkan.partitioner.vulkan_partitioner import VulkanPartitioner

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
