"""Core ML: `model.mlpackage`, float16 arithmetic by default; takes an RGB picture, gives float32 tensors."""

from efficientmod_export.targets._limits import INT8
from efficientmod_export.targets._loading_code import CORE_ML
from efficientmod_export.targets._recipes import NEURAL_ENGINE
from efficientmod_export.targets._target import FromProgram, Interpreter, Place, Rounding, Target, Variant
from efficientmod_export.targets.coreml._contents import graphs_of, package_contents
from efficientmod_export.targets.coreml._convert import convert, interface
from efficientmod_export.targets.coreml._float16_ranges import describe_ranges
from efficientmod_export.targets.coreml._interpreter import PackageInterpreter
from efficientmod_export.targets.coreml._limits import GRAPH, STORED_VALUES
from efficientmod_export.targets.coreml._prober import package_prober
from efficientmod_export.targets.coreml._runtime import CoremlRuntime, package_itself
from efficientmod_export.targets.coreml._variants import variants

__all__ = ["TARGET", "graphs_of"]

TARGET = Target(
    name="coreml",
    title="Core ML",
    extra="coreml",
    code=CORE_ML,
    modules=("coremltools",),
    packages=("coremltools",),
    variants=(
        *variants("coreml", "model", ".mlpackage", FromProgram(convert)),
        Variant(
            target="coreml",
            precision="int8-weights",
            short="int8",
            stem="model",
            suffix=".mlpackage",
            recipe=NEURAL_ENGINE,
            step=FromProgram(convert),
            rounding=Rounding(PackageInterpreter(), STORED_VALUES, saved=1),
            places=tuple(
                Place(unit, "float16", INT8, noise="int8_weights") for unit in ("neural_engine", "gpu", "cpu")
            ),
        ),
    ),
    interface=interface,
    runtime=CoremlRuntime(),
    interpreter=Interpreter(PackageInterpreter(), GRAPH),
    prober=package_prober,
    core_ml_package=package_itself,
    contents=package_contents,
    describe_ranges=describe_ranges(PackageInterpreter()),
    ios_versions=(15, 16, 17, 18),
    in_all=True,
)
