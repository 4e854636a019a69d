"""ExecuTorch with Core ML: `model_coreml.pte`, float16 arithmetic by default.

It takes the normalised image (1, 3, H, W) like every `.pte`, and its outputs are float32.
"""

from efficientmod_export.targets._limits import FLOAT16, FLOAT32
from efficientmod_export.targets._recipes import NEURAL_ENGINE
from efficientmod_export.targets._target import FromProgram, Interpreter, Place, Target, Variant
from efficientmod_export.targets.coreml._float16_ranges import describe_ranges
from efficientmod_export.targets.coreml._limits import GRAPH
from efficientmod_export.targets.executorch._runtime import PteRuntime
from efficientmod_export.targets.executorch_coreml._convert import IOS_VERSIONS, convert
from efficientmod_export.targets.executorch_coreml._inner_package import DELEGATE, inner_package
from efficientmod_export.targets.executorch_coreml._interpreter import InnerPackageInterpreter
from efficientmod_export.targets.executorch_coreml._prober import inner_package_prober

TARGET = Target(
    name="executorch-coreml",
    title="ExecuTorch with Core ML",
    extra="executorch,coreml",
    modules=("executorch", "coremltools"),
    packages=("executorch", "coremltools"),
    variants=(
        Variant(
            target="executorch-coreml",
            precision="fp16",
            stem="model_coreml",
            suffix=".pte",
            recipe=NEURAL_ENGINE,
            step=FromProgram(convert),
            places=(
                Place("neural_engine", "float16", FLOAT16, noise="float16"),
                Place("gpu", "float16", FLOAT16, noise="float16"),
                Place("cpu", "float16", FLOAT16, noise="float16"),
            ),
            default=True,
        ),
        Variant(
            target="executorch-coreml",
            precision="fp32",
            stem="model_coreml",
            suffix=".pte",
            recipe=NEURAL_ENGINE,
            step=FromProgram(convert),
            places=(
                Place("gpu", "float32", FLOAT32, noise="float32"),
                Place("cpu", "float32", FLOAT32, noise="float32"),
            ),
        ),
    ),
    runtime=PteRuntime(DELEGATE),
    interpreter=Interpreter(InnerPackageInterpreter(), GRAPH),
    prober=inner_package_prober,
    core_ml_package=inner_package,
    describe_ranges=describe_ranges(InnerPackageInterpreter()),
    ios_versions=IOS_VERSIONS,
)
