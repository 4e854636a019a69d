"""LiteRT's GPU accelerator (ML Drift, the code that phones run) over a Vulkan driver of this machine."""

import re
import weakref
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from efficientmod_export._stages import ModelFile
from efficientmod_export._vulkan import find_driver, missing_driver
from efficientmod_export.foreign import loading
from efficientmod_export.targets._runtime import Array, Configuration, UnitMissingError, UnitRefusesError, check_names
from efficientmod_export.targets.tflite._gpu_limit import Effect
from efficientmod_export.targets.tflite._gpu_limits import gpu_findings
from efficientmod_export.targets.tflite._gpu_process import GpuProcess, Refused
from efficientmod_export.targets.tflite._runtime import interpreter

_DETAIL = "└ "
NO_DRIVER = "Failed to initialize WebGPU environment"
OUTDATED = "the Vulkan driver is too old for LiteRT; lavapipe must be of Mesa 25.0 or newer"
REASONS_SHOWN = 3


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
    taken, given = (_names(listed) for listed in (loaded.get_input_details(), loaded.get_output_details()))
    check_names(file.path, taken, file.inputs)
    check_names(file.path, given, file.outputs)
    process = GpuProcess(driver)
    session = GpuSession(process, data, file, taken, given, float32=configuration.compute_precision == "float32")
    session.bind([np.zeros(spec.shape, spec.dtype) for spec in file.inputs])
    session.invoke()  # compiles
    return session


class GpuSession:
    """A file that a process of its own keeps compiled for the GPU.

    `taken` and `given` are the names of its inputs and outputs in the graph's order, which is the process's.
    """

    threads = None

    def __init__(
        self,
        process: GpuProcess,
        data: bytes,
        file: ModelFile,
        taken: Sequence[str],
        given: Sequence[str],
        *,
        float32: bool,
    ) -> None:
        self._process = process
        self._data = data
        self._float32 = float32
        declared = [spec.name for spec in file.inputs]
        self._input_places = [declared.index(name) for name in taken]
        self._output_places = [given.index(spec.name) for spec in file.outputs]
        self._inputs: tuple[Array, ...] = ()
        self._results: tuple[Array, ...] = ()
        weakref.finalize(self, process.close)

    def bind(self, inputs: Sequence[Array]) -> None:
        """Keep the inputs for the next call."""
        self._inputs = tuple(inputs[place] for place in self._input_places)

    def invoke(self) -> None:
        """One call, with the way to the process and back."""
        ran = self._process.run(self._data, self._inputs, float32=self._float32)
        if isinstance(ran, Refused):
            if NO_DRIVER in ran.message:
                raise UnitMissingError(OUTDATED, code="outdated_gpu_driver")
            raise UnitRefusesError(
                f"the GPU does not take the file whole: {refusal(self._data, ran.message)}", code="refused_by_gpu"
            )
        self._results = tuple(ran.outputs[place] for place in self._output_places)

    def results(self) -> tuple[Array, ...]:
        """The outputs in the declared order."""
        return self._results


def _names(details: Iterable[Mapping[str, Any]]) -> list[str]:
    return [detail["name"] for detail in details]


def refusal(data: bytes, log: str) -> str:
    """What is known of the file's operators; else what LiteRT says of them; else how its log begins.

    Of an error with a place in its sources on the first line the second line is told, which says what it is.
    """
    told = refused_by_table(data) or "; ".join(_not_taken(log)[:REASONS_SHOWN])
    if told:
        return told
    first, _, rest = log.strip().partition("\n")
    second = rest.partition("\n")[0]
    return second.removeprefix(_DETAIL) if second.startswith(_DETAIL) else first or "LiteRT does not say why"


def refused_by_table(data: bytes) -> str:
    """Why the table says that the accelerator does not take a file, with the operators; nothing where it does not."""
    reasons = dict[str, dict[str, None]]()
    for found in gpu_findings(data):
        if found.limit.effect is not Effect.WRONG:
            reasons.setdefault(found.limit.sentence, {})[found.code] = None
    told = [f"{reason} ({', '.join([*codes][:REASONS_SHOWN])})" for reason, codes in reasons.items()]
    return "; ".join(told[:REASONS_SHOWN])


def _not_taken(log: str) -> list[str]:
    """The lines of LiteRT's log that say it, as in "CUMSUM: Operation is not supported."."""
    _, _, rest = log.partition("not supported by GPU delegate:\n")
    lines = takewhile(re.compile(r"[A-Z][A-Z0-9_]*: ").match, rest.split("\n"))
    return [f"LiteRT says: {line.rstrip('.')}" for line in lines]
