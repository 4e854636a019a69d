"""From a program to a checked `.onnx` file."""

from pathlib import Path

from efficientmod_export._stages import ConversionOptions
from efficientmod_export.targets._onnx_model import to_onnx
from efficientmod_export.targets._program import write_file
from efficientmod_export.targets._target import Conversion
from efficientmod_mobile.deploy import Program

LEAST_RUNTIME = "1.17"  # the first ONNX Runtime that has opset 20


def convert(program: Program, options: ConversionOptions, path: Path) -> Conversion:
    """Export the program, check the model with ONNX's checker, and write the file."""
    write_file(path, to_onnx(program, [given.name for given in options.inputs]).SerializeToString(deterministic=True))
    return Conversion(LEAST_RUNTIME)
