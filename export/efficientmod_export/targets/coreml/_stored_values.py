"""Computing with a program's stored values, where it would round what its layers read to int8."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from efficientmod_export._stages import ModelFile
from efficientmod_export.mil import Function, Literal, MILProgram, Operation
from efficientmod_export.quantisation import Grid
from efficientmod_export.targets._runtime import Configuration
from efficientmod_export.targets.coreml._interpreter import MilSession, PackageInterpreter


class StoredValues(PackageInterpreter):
    """Opens packages without the rounding of what their layers read."""

    def open(self, file: ModelFile, configuration: Configuration) -> MilSession:
        """Load the package's own program."""
        session = super().open(file, configuration)
        session.program = session.program.with_function(without_grids(session.program.function))
        return session


def without_grids(function: Function) -> Function:
    """The function with each `dequantize` of a `quantize` as the value that was rounded."""
    levels = {one.outputs[0].name: one.inputs["input"] for one in function.operations if one.kind == "quantize"}
    operations = []
    for one in function.operations:
        (given,) = one.inputs.get("input", (None,)) if one.kind == "dequantize" else (None,)
        rounded = levels.get(given) if isinstance(given, str) else None
        operations.append(one if rounded is None else replace(one, kind="identity", inputs={"x": rounded}))
    return replace(function, operations=tuple(operations))


def grids_of(path: Path) -> frozenset[Grid]:
    """The step and zero point of each `quantize` and `dequantize` of a package's program, as of int8: coremltools makes
    uint8 with the zero point 0 of int8 with -128.
    """
    function = MILProgram.load(path).function
    dtypes = {variable.name: variable.dtype for one in function.operations for variable in one.outputs}

    def number(operation: Operation, name: str) -> float:
        (given,) = operation.inputs.get(name, (Literal(0),))
        value = given.value if isinstance(given, Literal) else function.constants[given]
        return float(np.asarray(value).reshape(()))

    def grid(operation: Operation) -> Grid:
        (given,) = operation.inputs["input"]
        levels = operation.outputs[0].name if operation.kind == "quantize" else str(given)
        return number(operation, "scale"), int(number(operation, "zero_point")) - (dtypes[levels] == "uint8") * 128

    return frozenset(grid(one) for one in function.operations if one.kind in ("quantize", "dequantize"))
