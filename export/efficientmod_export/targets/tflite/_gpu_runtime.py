"""LiteRT's GPU accelerator (ML Drift, the code that phones run) over a Vulkan driver of this machine.

A driver that `VK_ICD_FILENAMES` or `VK_DRIVER_FILES` names, such as a graphics card's, is used for everything; else
software drivers, which compute the same on every machine: SwiftShader for float32, lavapipe for float16.
"""

import os
import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from efficientmod_export._stages import ComputePrecision, ModelFile
from efficientmod_export.foreign import loading
from efficientmod_export.targets._runtime import Array, Configuration, UnitMissingError, UnitRefusesError, check_names
from efficientmod_export.targets.tflite._gpu_limits import Effect, gpu_findings
from efficientmod_export.targets.tflite._gpu_process import DRIVERS, GpuProcess, Refused
from efficientmod_export.targets.tflite._runtime import interpreter

CHOICES = ("VK_ICD_FILENAMES", "VK_DRIVER_FILES")
SUITED: dict[ComputePrecision, tuple[str, ...]] = {"float32": ("SwiftShader", "lavapipe"), "float16": ("lavapipe",)}
"""Software drivers by the arithmetic that they have, the faster first."""

PACKAGES = {"SwiftShader": "chromium", "lavapipe": "mesa-vulkan-drivers"}
"""Debian's packages that bring them; lavapipe must be of Mesa 25.0 or newer."""

NO_DRIVER = "Failed to initialize WebGPU environment"
OUTDATED = "the Vulkan driver is too old for LiteRT; lavapipe must be of Mesa 25.0 or newer"
REASONS_SHOWN = 3


def find_driver(precision: ComputePrecision) -> Path | None:
    """The file that declares a driver with this arithmetic; None where there is none."""
    chosen = _chosen_driver()
    if chosen is not None:
        return chosen if chosen.exists() else None
    return next((DRIVERS[name] for name in SUITED[precision] if DRIVERS[name].exists()), None)


def missing_driver(precision: ComputePrecision) -> str | None:
    """What is missing for the GPU in this arithmetic, and what to do about it."""
    if find_driver(precision) is not None:
        return None
    chosen = _chosen_driver()
    if chosen is not None:
        return f"{' or '.join(CHOICES)} names {chosen}, which is not there"
    packages = " or ".join(PACKAGES[name] for name in SUITED[precision])
    return f"there is no Vulkan driver for {precision}; apt-get install {packages} brings one"


def _chosen_driver() -> Path | None:
    named = next((os.environ[choice] for choice in CHOICES if os.environ.get(choice)), None)
    return None if named is None else Path(named.split(os.pathsep)[0])


def open_on_gpu(file: ModelFile, configuration: Configuration) -> "GpuSession":
    """Compile a file for the GPU, the whole of it or not at all.

    Raises UnitRefusesError where an operator stays outside, UnitMissingError where the driver is not usable.
    """
    driver = find_driver(configuration.compute_precision)
    if driver is None:
        raise UnitMissingError(missing_driver(configuration.compute_precision) or "", code="missing_gpu_driver")
    with loading(file.path):
        data = file.path.read_bytes()
        loaded = interpreter(data)
    check_names(file.path, [detail["name"] for detail in loaded.get_input_details()], file.inputs)
    check_names(file.path, [detail["name"] for detail in loaded.get_output_details()], file.outputs)
    session = GpuSession(GpuProcess(driver), data, float32=configuration.compute_precision == "float32")
    session.bind([np.zeros(spec.shape, np.float32) for spec in file.inputs])
    session.invoke()  # compiles
    return session


class GpuSession:
    """A file that a process of its own keeps compiled for the GPU."""

    threads = None

    def __init__(self, process: GpuProcess, data: bytes, *, float32: bool) -> None:
        self._process = process
        self._data = data
        self._float32 = float32
        self._inputs: tuple[Array, ...] = ()
        self._results: tuple[Array, ...] = ()
        weakref.finalize(self, process.close)

    def bind(self, inputs: Sequence[Array]) -> None:
        """Keep the inputs for the next call."""
        self._inputs = tuple(inputs)

    def invoke(self) -> None:
        """One call, with the way to the process and back."""
        ran = self._process.run(self._data, self._inputs, float32=self._float32)
        if isinstance(ran, Refused):
            if NO_DRIVER in ran.message:
                raise UnitMissingError(OUTDATED, code="outdated_gpu_driver")
            raise UnitRefusesError(
                f"the GPU does not take the file whole: {refusal(self._data, ran.message)}", code="refused_by_gpu"
            )
        self._results = ran.outputs

    def results(self) -> tuple[Array, ...]:
        """The outputs, in the signature's order."""
        return self._results


def refusal(data: bytes, log: str) -> str:
    """What is known of the file's operators; else what LiteRT said last."""
    known = [str(found.limit.sentence) for found in gpu_findings(data) if found.limit.effect is not Effect.WRONG]
    if known:
        return "; ".join(list(dict.fromkeys(known))[:REASONS_SHOWN])
    return log.strip().partition("\n")[0] or "LiteRT does not say why"
