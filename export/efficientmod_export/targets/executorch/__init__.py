"""ExecuTorch with XNNPACK, the CPU delegate for every phone: `model.pte`, float32.

It takes the normalised image (1, 3, H, W).
"""

from efficientmod_export.targets._limits import FLOAT32
from efficientmod_export.targets._loading_code import EXECUTORCH
from efficientmod_export.targets._recipes import CHANNELS_FIRST
from efficientmod_export.targets._target import FromProgram, Place, Target, Variant
from efficientmod_export.targets.executorch._contents import pte_contents, xnnpack_graphs
from efficientmod_export.targets.executorch._convert import convert
from efficientmod_export.targets.executorch._lowering import inventory
from efficientmod_export.targets.executorch._phone_tool import EXECUTOR_RUNNER
from efficientmod_export.targets.executorch._prober import ExecutorchProber
from efficientmod_export.targets.executorch._runtime import PteRuntime
from efficientmod_mobile.deploy import Repeat, SplitDepthwise, WeightPerLayout, XnnpackForms

__all__ = ["TARGET", "inventory"]

DELEGATE = "XnnpackBackend"

TARGET = Target(
    name="executorch",
    title="ExecuTorch",
    extra="executorch",
    code=EXECUTORCH,
    modules=("executorch",),
    packages=("executorch",),
    variants=(
        Variant(
            target="executorch",
            precision="fp32",
            stem="model",
            suffix=".pte",
            recipe=(*CHANNELS_FIRST, SplitDepthwise(), Repeat((XnnpackForms(),)), WeightPerLayout()),
            step=FromProgram(convert),
            places=(Place("cpu", "float32", FLOAT32, noise="float32"),),
            default=True,
        ),
    ),
    runtime=PteRuntime(DELEGATE),
    prober=ExecutorchProber,
    contents=pte_contents,
    delegate=(DELEGATE, xnnpack_graphs),
    phone_tools=(EXECUTOR_RUNNER,),
    in_all=True,
)
