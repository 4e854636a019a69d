"""Core ML: `model.mlpackage`, float16 arithmetic by default; takes an RGB picture, gives float32 tensors."""

from efficientmod_export.targets._limits import FLOAT16, FLOAT32
from efficientmod_export.targets._recipes import NEURAL_ENGINE
from efficientmod_export.targets._target import FromProgram, Interpreter, Place, Target, Variant
from efficientmod_export.targets.coreml._convert import convert, interface
from efficientmod_export.targets.coreml._float16_ranges import describe_ranges
from efficientmod_export.targets.coreml._interpreter import PackageInterpreter
from efficientmod_export.targets.coreml._limits import GRAPH
from efficientmod_export.targets.coreml._prober import package_prober
from efficientmod_export.targets.coreml._runtime import CoremlRuntime, package_itself

TARGET = Target(
    name="coreml",
    title="Core ML",
    extra="coreml",
    modules=("coremltools",),
    packages=("coremltools",),
    variants=(
        Variant(
            target="coreml",
            precision="fp16",
            stem="model",
            suffix=".mlpackage",
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
            target="coreml",
            precision="fp32",
            stem="model",
            suffix=".mlpackage",
            recipe=NEURAL_ENGINE,
            step=FromProgram(convert),
            places=(
                Place("gpu", "float32", FLOAT32, noise="float32"),
                Place("cpu", "float32", FLOAT32, noise="float32"),
            ),
        ),
    ),
    interface=interface,
    runtime=CoremlRuntime(),
    interpreter=Interpreter(PackageInterpreter(), GRAPH),
    prober=package_prober,
    core_ml_package=package_itself,
    describe_ranges=describe_ranges(PackageInterpreter()),
    ios_versions=(15, 16, 17, 18),
    in_all=True,
)
