"""Values inside a `.pte` file for Vulkan, as the interpreter computes them."""

import torch

from efficientmod_export._stages import ModelFile, Precision
from efficientmod_export.targets._runtime import Configuration
from efficientmod_export.targets.executorch._prober import LoweringProber
from efficientmod_export.targets.executorch_vulkan._convert import lower_for_vulkan
from efficientmod_export.targets.executorch_vulkan._file import read_file
from efficientmod_export.targets.executorch_vulkan._graph import Value
from efficientmod_export.targets.executorch_vulkan._interpreter import VulkanInterpreter
from efficientmod_mobile.deploy import Program


class VulkanProber(LoweringProber):
    """Rounds to float16 where the file declares it."""

    def __init__(self, program: Program, file: ModelFile) -> None:
        values = read_file(file.path).graph.values
        half = any(isinstance(value, Value) and value.dtype == torch.float16 for value in values)
        precision: Precision = "fp16" if half else "fp32"
        configuration = Configuration("executorch-vulkan", precision, "gpu", "float16")
        super().__init__(
            program,
            file,
            lambda probed: lower_for_vulkan(probed, precision)[0].data,
            VulkanInterpreter(),
            configuration,
        )
