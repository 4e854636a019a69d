"""The interpreter of ML programs as a runtime of Core ML packages."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from efficientmod_export._stages import ModelFile
from efficientmod_export.mil import Arithmetic, MILProgram
from efficientmod_export.targets._runtime import Array, Configuration
from efficientmod_export.targets.coreml._classifier import LABEL, PROBABILITIES, check_classes
from efficientmod_mobile.distribution import DISTRIBUTION


class MilInterpreter:
    """Runs ML programs operator by operator with PyTorch, in the configuration's compute precision.

    A subclass opens artifacts: it finds the program, and its names for the artifact's inputs and outputs.
    """

    title = f"MIL interpreter of {DISTRIBUTION}"
    distribution = DISTRIBUTION

    def missing(self, configuration: Configuration) -> str | None:  # noqa: ARG002
        """Always None: it runs wherever coremltools is installed, whose protobuf classes read the program."""
        return None

    def prepare(self, threads: int | None) -> None:
        """Do nothing: PyTorch is imported already, and has its own threads."""

    def open(self, file: ModelFile, configuration: Configuration) -> "MilSession":
        """Load an artifact. Raises what `MILProgram.load` raises."""
        raise NotImplementedError


def arithmetic_of(configuration: Configuration) -> Arithmetic:
    """How the interpreter computes: Core ML has no arithmetic but that of floating point."""
    return "float32" if configuration.compute_precision == "float32" else "float16"


class PackageInterpreter(MilInterpreter):
    """Opens a package, whose pictures are pixels (H, W, 3)."""

    def open(self, file: ModelFile, configuration: Configuration) -> "MilSession":
        """Load the package's own program."""
        program = MILProgram.load(file.path, arithmetic=arithmetic_of(configuration))
        names = [spec.name for spec in file.inputs], [spec.name for spec in file.outputs]
        return MilSession(program, *names, pictures={spec.name for spec in file.inputs if spec.dtype == "uint8"})


class MilSession:
    """A loaded ML program, and its names for the artifact's inputs and outputs."""

    threads: int | None = None

    def __init__(
        self,
        program: MILProgram,
        inputs: Sequence[str],
        outputs: Sequence[str],
        *,
        pictures: Collection[str] = (),
    ) -> None:
        self.program = program
        self.outputs = tuple(outputs)
        self._inputs = tuple(inputs)
        self._pictures = pictures
        self._feed: Mapping[str, Any] = {}
        self._results: Mapping[str, Any] = {}

    def feed(self, inputs: Sequence[Array]) -> Mapping[str, Any]:
        """The program's inputs by name; a picture loses its first axis."""
        given = zip(self._inputs, inputs, strict=True)
        return {name: values[0] if name in self._pictures else values for name, values in given}

    def bind(self, inputs: Sequence[Array]) -> None:
        """Set the inputs of the next call."""
        self._feed = self.feed(inputs)

    def invoke(self) -> None:
        """Run the program. Raises ValueError for a classifier whose label is not that of its scores."""
        self._results = self.program.predict(self._feed)
        if PROBABILITIES in self._results and self.outputs[0] != PROBABILITIES:
            scores = np.asarray(self._results[self.outputs[0]])
            check_classes(self._results[LABEL], self._results[PROBABILITIES], scores)

    def results(self) -> tuple[Array, ...]:
        """The outputs in the artifact's order; wider floats of the interpreter are rounded to float32. Of a dictionary,
        as classifiers give it, the values, (1, classes).
        """
        return tuple(_rounded(self._results[name]) for name in self.outputs)


def _rounded(given: Any) -> Array:
    values = np.asarray([list(given.values())] if isinstance(given, Mapping) else given)
    return values.astype(np.float32) if values.dtype.kind == "f" else values
