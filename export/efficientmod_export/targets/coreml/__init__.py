"""Core ML: `model.mlpackage`, float16 arithmetic by default; takes an RGB picture, gives float32 tensors."""

from collections.abc import Callable
from pathlib import Path

from efficientmod_export._stages import Precision
from efficientmod_export.parity import NoiseKind, Tolerance
from efficientmod_export.quantisation import Form, Grid
from efficientmod_export.targets._limits import INT8
from efficientmod_export.targets._loading_code import CORE_ML
from efficientmod_export.targets._recipes import NEURAL_ENGINE_ROUNDED
from efficientmod_export.targets._target import FromProgram, Interpreter, Place, Rounding, Target, Variant
from efficientmod_export.targets.coreml._contents import graphs_of, package_contents
from efficientmod_export.targets.coreml._convert import convert, interface
from efficientmod_export.targets.coreml._float16_ranges import describe_ranges
from efficientmod_export.targets.coreml._interpreter import PackageInterpreter
from efficientmod_export.targets.coreml._limits import GRAPH, PALETTE, STORED_VALUES
from efficientmod_export.targets.coreml._prober import package_prober
from efficientmod_export.targets.coreml._runtime import CoremlRuntime, package_itself
from efficientmod_export.targets.coreml._stored_values import StoredValues, grids_of
from efficientmod_export.targets.coreml._variants import variants

__all__ = ["TARGET", "graphs_of"]


def _rounded(
    precision: Precision,
    form: Form,
    limits: Tolerance,
    noise: NoiseKind,
    *,
    saved: float,
    short: str | None = None,
    grids: Callable[[Path], frozenset[Grid]] | None = None,
) -> Variant:
    """A package of rounded weights, `saved` bytes for each of which it is smaller than in float16."""
    return Variant(
        target="coreml",
        precision=precision,
        short=short,
        stem="model",
        suffix=".mlpackage",
        recipe=NEURAL_ENGINE_ROUNDED,
        step=FromProgram(convert),
        rounding=Rounding(StoredValues(), STORED_VALUES, form, saved, "float16_weights", grids),
        places=tuple(Place(unit, "float16", limits, noise) for unit in ("neural_engine", "gpu", "cpu")),
    )


TARGET = Target(
    name="coreml",
    title="Core ML",
    extra="coreml",
    code=CORE_ML,
    modules=("coremltools",),
    packages=("coremltools",),
    variants=(
        *variants("coreml", "model", ".mlpackage", FromProgram(convert)),
        _rounded("int8-weights", Form(), INT8, "int8_weights", saved=1, short="int8"),
        _rounded(
            "int8-static",
            Form(inputs="static"),
            INT8,
            "int8_static",
            saved=1,
            grids=grids_of,
        ),
        _rounded("palette6", Form(colours=64), PALETTE, "palette6", saved=1.25),
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
