"""The interpreter of ML programs as a runtime of `.pte` files that contain one."""

from efficientmod_export._stages import ModelFile
from efficientmod_export.mil import MILProgram
from efficientmod_export.targets._runtime import Configuration
from efficientmod_export.targets.coreml._interpreter import MilInterpreter, MilSession, arithmetic_of
from efficientmod_export.targets.executorch_coreml._inner_package import unpacked


class InnerPackageInterpreter(MilInterpreter):
    """Opens the package inside a `.pte`, whose inputs are tensors."""

    def open(self, file: ModelFile, configuration: Configuration) -> MilSession:
        """Load the package's program, whose inputs and outputs have names of their own."""
        with unpacked(file.path) as inner:
            program = MILProgram.load(inner.path, arithmetic=arithmetic_of(configuration))
            return MilSession(program, inner.inputs, inner.outputs)
