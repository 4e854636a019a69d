"""ExecuTorch for Vulkan, the GPUs of Android phones: `model_vulkan.pte`, float32; takes the normalised image.

ExecuTorch from pip is built without this runtime, so nothing here says what the GPU computes: a phone has to prove it.
"""

from efficientmod_export.targets._limits import FLOAT32
from efficientmod_export.targets._recipes import CHANNELS_FIRST
from efficientmod_export.targets._target import FromProgram, Place, Target, Variant
from efficientmod_export.targets.executorch._phone_tool import EXECUTOR_RUNNER
from efficientmod_export.targets.executorch._runtime import PteRuntime
from efficientmod_export.targets.executorch_vulkan._convert import convert

TARGET = Target(
    name="executorch-vulkan",
    title="ExecuTorch with Vulkan",
    extra="executorch",
    modules=("executorch",),
    packages=("executorch",),
    variants=(
        Variant(
            target="executorch-vulkan",
            precision="fp32",
            stem="model_vulkan",
            suffix=".pte",
            recipe=CHANNELS_FIRST,
            step=FromProgram(convert),
            places=(Place("gpu", "float32", FLOAT32, noise="float32"),),
            default=True,
        ),
    ),
    runtime=PteRuntime("VulkanBackend"),
    phone_tools=(EXECUTOR_RUNNER,),
)
