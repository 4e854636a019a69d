"""Running artifacts: a runtime opens a file in a configuration, and returns a session that runs it on inputs."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from efficientmod_export._stages import (
    ComputePrecision,
    InputSpec,
    ModelFile,
    Outputs,
    Precision,
    Runner,
    Sample,
    TensorSpec,
    Unit,
)
from efficientmod_export.bundle.contract import laid_out, picture_input, tensor_input
from efficientmod_mobile.errors import ConversionError

Array = NDArray[Any]

TO_NHWC = (0, 2, 3, 1)


class UnitRefusesError(ConversionError):
    """The runtime is available and the file is valid, but the requested unit does not run it."""


class UnitMissingError(ConversionError):
    """The requested unit cannot be used on this machine, for any file."""


@dataclass(frozen=True)
class Configuration:
    """A variant (target and precision), a unit, the compute precision there, and the number of threads, None for the
    runtime's own.
    """

    target: str
    precision: Precision
    unit: Unit
    compute_precision: ComputePrecision
    threads: int | None = None


class Session(Protocol):
    """A loaded artifact."""

    @property
    def threads(self) -> int | None:
        """The number that the runtime uses; None where it does not report it."""
        ...

    def bind(self, inputs: Sequence[Array]) -> None:
        """Set the inputs, in the order, shape, dtype and layout that the file declares."""
        ...

    def invoke(self) -> None:
        """Run one inference, and nothing else."""
        ...

    def results(self) -> tuple[Array, ...]:
        """Copies of the outputs in the declared order, as the runtime returns them."""
        ...


class Runtime(Protocol):
    """Runs a target's files. `distribution` is None for a part of the operating system."""

    @property
    def title(self) -> str:
        """Its name for people."""
        ...

    @property
    def distribution(self) -> str | None:
        """Its name for pip."""
        ...

    def missing(self, configuration: Configuration) -> str | None:
        """Why this machine cannot run the configuration; None where it can.

        Raises DependencyError when the runtime could be installed.
        """
        ...

    def prepare(self, threads: int | None) -> None:
        """Import the runtime and set its threads, to time `open` without that. `open` does it as well."""
        ...

    def open(self, file: ModelFile, configuration: Configuration) -> Session:
        """Load a file.

        Raises ConversionError for one that does not load, or has other inputs or outputs than `file` states;
        UnitRefusesError for one that the configuration's unit does not run, UnitMissingError where this machine has no
        such unit, which may be known only now.
        """
        ...


def runtime_title(runtime: Runtime) -> str:
    """Its name and version, as in "LiteRT 2.3.0"."""
    return f"{runtime.title} {runtime_version(runtime)}"


def runtime_version(runtime: Runtime) -> str:
    """The installed version; for a part of the operating system, the system's."""
    return (
        metadata.version(runtime.distribution) if runtime.distribution else platform.mac_ver()[0] or platform.release()
    )


def runner_of(session: Session, file: ModelFile, dtypes: Sequence[np.dtype[Any]] = ()) -> Runner:
    """A function that runs a sample: inputs as the file declares them, outputs in the reference's layout.

    `dtypes` are the network's, one for each output. Outputs that a file declares as other integers are converted to
    them, as an app does.
    """

    def run(sample: Sample) -> Outputs:
        session.bind(input_values(file.inputs, sample))
        session.invoke()
        results = session.results()
        wanted = dtypes or [value.dtype for value in results]
        return tuple(
            _in_network_dtype(spec, in_reference_layout(spec, value), dtype)
            for spec, value, dtype in zip(file.outputs, results, wanted, strict=True)
        )

    return run


def _in_network_dtype(spec: TensorSpec, value: Array, dtype: np.dtype[Any]) -> Array:
    integers = value.dtype.kind in "iub" and dtype.kind in "iub"
    return value.astype(dtype) if integers and value.dtype == spec.dtype else value


def input_values(inputs: Sequence[InputSpec], sample: Sample) -> list[Array]:
    """A file's inputs for a sample, made from the pictures and the tensors as the file declares, as an app does it."""
    return [
        tensor_input(spec, given.tensor) if given.pixels is None else picture_input(spec, given.pixels)
        for spec, given in zip(inputs, sample.inputs, strict=True)
    ]


def in_reference_layout(spec: TensorSpec, value: Array) -> Array:
    """An output in PyTorch's layout, in the dtype that the runtime returned, which the proof compares as well."""
    return np.ascontiguousarray(laid_out(value, spec.layout, "NCHW"))


Spec = TypeVar("Spec", bound=TensorSpec)


def in_nhwc(spec: Spec) -> Spec:
    """A tensor of rank 4 with its channels last; others unchanged."""
    if len(spec.shape) != len(TO_NHWC):
        return spec
    return replace(spec, shape=tuple(spec.shape[axis] for axis in TO_NHWC), layout="NHWC")


def check_count(path: Path, found: int, expected: Sequence[TensorSpec]) -> None:
    """Raise ConversionError when a loaded file has another number of inputs or outputs than its description."""
    if found != len(expected):
        raise _another_file(path, f"{found} tensors", f"{len(expected)}")


def check_names(path: Path, found: Sequence[str], expected: Sequence[TensorSpec]) -> None:
    """Raise ConversionError when a loaded file's inputs or outputs have other names than its description says."""
    names = [spec.name for spec in expected]
    if sorted(found) != sorted(names):
        raise _another_file(path, ", ".join(found), ", ".join(names))


def _another_file(path: Path, found: str, expected: str) -> ConversionError:
    return ConversionError(
        f"{path.name} has {found} where {expected} is expected, so it was replaced or changed; export it again.",
        code="unexpected_tensors",
    )
