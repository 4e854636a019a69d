"""ExecuTorch with XNNPACK, the CPU delegate for every phone: `model.pte`.

It takes the normalised image (1, 3, H, W). In int8-dynamic the convolutions and matrix products are of int8, and
everything else is float32.
"""

from functools import partial

from efficientmod_export.quantisation import Form
from efficientmod_export.targets._limits import FLOAT32, INT8
from efficientmod_export.targets._loading_code import EXECUTORCH
from efficientmod_export.targets._recipes import CHANNELS_FIRST, CHANNELS_FIRST_ROUNDED
from efficientmod_export.targets._target import FromProgram, Place, Rounding, Target, Variant
from efficientmod_export.targets.executorch._contents import pte_contents, xnnpack_graphs
from efficientmod_export.targets.executorch._convert import convert
from efficientmod_export.targets.executorch._lowering import inventory
from efficientmod_export.targets.executorch._phone_tool import EXECUTOR_RUNNER
from efficientmod_export.targets.executorch._prober import ExecutorchProber
from efficientmod_export.targets.executorch._runtime import PteRuntime
from efficientmod_export.targets.executorch._stored_values import DELEGATE, StoredValues
from efficientmod_mobile.deploy import (
    AtMostFiveAxes,
    DepthwiseInPairs,
    Recipe,
    Repeat,
    SplitDepthwise,
    WeightPerLayout,
    XnnpackForms,
)

__all__ = ["TARGET", "inventory"]

_MOST_AXES = 6
"""Of a tensor in XNNPACK, which takes an operator on more and then does not load it."""

_XNNPACK: Recipe = (
    Repeat((AtMostFiveAxes(_MOST_AXES),)),
    SplitDepthwise(),
    Repeat((XnnpackForms(),)),
    WeightPerLayout(),
)

_variant = partial(
    Variant,
    target="executorch",
    stem="model",
    suffix=".pte",
    step=FromProgram(convert),
)

TARGET = Target(
    name="executorch",
    title="ExecuTorch",
    extra="executorch",
    code=EXECUTORCH,
    modules=("executorch",),
    packages=("executorch",),
    variants=(
        _variant(
            precision="fp32",
            recipe=(*CHANNELS_FIRST, *_XNNPACK),
            places=(Place("cpu", "float32", FLOAT32, noise="float32"),),
            default=True,
        ),
        _variant(
            precision="int8-dynamic",
            short="int8",
            recipe=(*CHANNELS_FIRST_ROUNDED, *_XNNPACK, DepthwiseInPairs()),
            rounding=Rounding(StoredValues(), FLOAT32, Form(inputs="dynamic"), saved=3),
            places=(Place("cpu", "int8", INT8, noise="int8_dynamic"),),
        ),
    ),
    runtime=PteRuntime(DELEGATE),
    prober=ExecutorchProber,
    contents=pte_contents,
    delegate=(DELEGATE, xnnpack_graphs),
    phone_tools=(EXECUTOR_RUNNER,),
    in_all=True,
)
