"""Core ML itself, on a Mac."""

import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from efficientmod_export._stages import ModelFile, Unit
from efficientmod_export.foreign import loading
from efficientmod_export.targets._runtime import Array, Configuration, check_names

COMPUTE_UNITS: dict[Unit, str] = {"cpu": "CPU_ONLY", "gpu": "CPU_AND_GPU", "neural_engine": "CPU_AND_NE"}
"""Core ML's name for the units that it may use; the CPU is always among them."""


class CoremlRuntime:
    """Opens `.mlpackage` folders."""

    title = "Core ML"
    distribution = None

    def missing(self, configuration: Configuration) -> str | None:  # noqa: ARG002
        """A reason where this machine is not a Mac."""
        return None if platform.system() == "Darwin" else f"Core ML is a part of macOS, and this is {platform.system()}"

    def prepare(self, threads: int | None) -> None:  # noqa: ARG002
        """Import coremltools; Core ML chooses its threads itself."""
        import coremltools  # noqa: F401

    def open(self, file: ModelFile, configuration: Configuration) -> "CoremlSession":
        """Load a package for a unit."""
        import coremltools as ct

        units = getattr(ct.ComputeUnit, COMPUTE_UNITS[configuration.unit])
        with loading(file.path):
            model = ct.models.MLModel(str(file.path), compute_units=units)
        check_names(file.path, [feature.name for feature in model.get_spec().description.input], file.inputs)
        return CoremlSession(model, file)


class CoremlSession:
    """A loaded package."""

    threads: int | None = None

    def __init__(self, model: Any, file: ModelFile) -> None:
        self._model = model
        self._file = file
        self._feed: dict[str, Any] = {}
        self._results: dict[str, Any] = {}

    def bind(self, inputs: Sequence[Array]) -> None:
        """Set the inputs of the next call."""
        from PIL import Image

        self._feed = {
            spec.name: Image.fromarray(values[0]) if spec.dtype == "uint8" else values
            for spec, values in zip(self._file.inputs, inputs, strict=True)
        }

    def invoke(self) -> None:
        """One call."""
        self._results = self._model.predict(self._feed)

    def results(self) -> tuple[Array, ...]:
        """The outputs by their names; a classifier's label and probabilities are not among them."""
        return tuple(np.asarray(self._results[spec.name], spec.dtype) for spec in self._file.outputs)


@contextmanager
def package_itself(path: Path) -> Iterator[Path]:
    """The Core ML package that an artifact is."""
    yield path
