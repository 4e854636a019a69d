"""ExecuTorch with Core ML: `model_coreml.pte`, float16 arithmetic by default.

It takes the normalised image (1, 3, H, W) like every `.pte`, and its outputs are float32.
"""

from efficientmod_export.bundle import LoadingCode
from efficientmod_export.targets._loading_code import EXECUTORCH
from efficientmod_export.targets._target import FromProgram, Interpreter, Target
from efficientmod_export.targets.coreml._float16_ranges import describe_ranges
from efficientmod_export.targets.coreml._limits import GRAPH
from efficientmod_export.targets.coreml._variants import variants
from efficientmod_export.targets.executorch._runtime import PteRuntime
from efficientmod_export.targets.executorch_coreml._contents import delegate_graphs
from efficientmod_export.targets.executorch_coreml._convert import IOS_VERSIONS, convert
from efficientmod_export.targets.executorch_coreml._inner_package import DELEGATE, inner_package
from efficientmod_export.targets.executorch_coreml._interpreter import InnerPackageInterpreter
from efficientmod_export.targets.executorch_coreml._prober import inner_package_prober

TARGET = Target(
    name="executorch-coreml",
    title="ExecuTorch with Core ML",
    extra="executorch,coreml",
    code=LoadingCode(swift=EXECUTORCH.swift),
    modules=("executorch", "coremltools"),
    packages=("executorch", "coremltools"),
    variants=variants("executorch-coreml", "model_coreml", ".pte", FromProgram(convert)),
    runtime=PteRuntime(DELEGATE),
    interpreter=Interpreter(InnerPackageInterpreter(), GRAPH),
    prober=inner_package_prober,
    core_ml_package=inner_package,
    delegate=(DELEGATE, delegate_graphs),
    describe_ranges=describe_ranges(InnerPackageInterpreter()),
    ios_versions=IOS_VERSIONS,
)
