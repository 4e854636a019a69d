"""ExecuTorch for Vulkan, the GPUs of Android phones: `model_vulkan.pte`, float32 by default.

It takes the normalised image like every `.pte`. No ExecuTorch from pip has this runtime, so nothing here runs the file
as a phone does. The proof is an interpreter's: the program inside the file is held against the table of what the
runtime computes wrongly, and run in PyTorch.
"""

from efficientmod_export.bundle import LoadingCode
from efficientmod_export.targets._limits import FLOAT16, FLOAT32
from efficientmod_export.targets._loading_code import EXECUTORCH
from efficientmod_export.targets._recipes import CHANNELS_FIRST_FLOAT16
from efficientmod_export.targets._target import FromProgram, Interpreter, Place, Target, Variant
from efficientmod_export.targets.executorch._phone_tool import EXECUTOR_RUNNER
from efficientmod_export.targets.executorch._runtime import PteRuntime
from efficientmod_export.targets.executorch_vulkan._contents import delegate_graphs
from efficientmod_export.targets.executorch_vulkan._convert import convert
from efficientmod_export.targets.executorch_vulkan._file import DELEGATE
from efficientmod_export.targets.executorch_vulkan._interpreter import VulkanInterpreter
from efficientmod_export.targets.executorch_vulkan._limits import GRAPH
from efficientmod_export.targets.executorch_vulkan._prober import VulkanProber
from efficientmod_mobile.deploy import (
    ActivationsInParts,
    DepthwiseKernels,
    FractionalResize,
    LayerNormAffine,
    Recipe,
    ReductionsKeepAxes,
    SoftmaxInParts,
    TanhGeluBySigmoid,
    UngroupConvolutions,
)

RECIPE: Recipe = (
    FractionalResize(),  # the products go through the folds
    *CHANNELS_FIRST_FLOAT16,
    UngroupConvolutions(),
    DepthwiseKernels(),  # also of those that it was given
    ActivationsInParts(),
    TanhGeluBySigmoid(),
    SoftmaxInParts(),
    LayerNormAffine(),
    ReductionsKeepAxes(),
)

TARGET = Target(
    name="executorch-vulkan",
    title="ExecuTorch with Vulkan",
    extra="executorch",
    code=LoadingCode(kotlin=EXECUTORCH.kotlin),
    modules=("executorch",),
    packages=("executorch",),
    variants=(
        Variant(
            target="executorch-vulkan",
            precision="fp32",
            stem="model_vulkan",
            suffix=".pte",
            recipe=RECIPE,
            step=FromProgram(convert),
            places=(Place("gpu", "float32", FLOAT32, noise="float32"),),
            default=True,
        ),
        Variant(
            target="executorch-vulkan",
            precision="fp16",
            stem="model_vulkan",
            suffix=".pte",
            recipe=RECIPE,
            step=FromProgram(convert),
            places=(Place("gpu", "float16", FLOAT16, noise="float16"),),
        ),
    ),
    runtime=PteRuntime(DELEGATE),
    interpreter=Interpreter(VulkanInterpreter(), GRAPH),
    prober=VulkanProber,
    delegate=(DELEGATE, delegate_graphs),
    phone_tools=(EXECUTOR_RUNNER,),
)
