"""LiteRT's GPU accelerator in a process of its own: the driver is chosen before LiteRT is loaded, and may end it.

The process is this file run as a script, which needs nothing of the package. It answers one pickled question after the
other; a model that ends it costs that model only.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_CHOICE = "VK_ICD_FILENAMES"

_TIMED_OUT = "code=7"
"""LiteRT's status `kLiteRtStatusErrorTimeoutExpired`, as its Python face shows it."""
PATIENCE = 900.0
"""Seconds for one run, however often it is repeated."""

Answer = TypeVar("Answer")

DTYPES = {0: np.float32, 1: np.float16, 2: np.int32, 3: np.uint8, 6: np.bool_, 9: np.int8}
"""By the schema's number of a type: what LiteRT's buffers can be of; other outputs are read as float32."""


@dataclass(frozen=True)
class Ran:
    """The outputs in the order of the file's graph, laid out as it has them."""

    outputs: tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class Refused:
    """The accelerator did not take the whole file, or the process ended; `message` is what LiteRT logged."""

    message: str


class GpuProcess:
    """Runs files on a GPU, one after the other; starts with the first, and again after one that ended it."""

    def __init__(self, driver: Path) -> None:
        """`driver` is the JSON file that declares a Vulkan driver."""
        self._driver = driver
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, data: bytes, inputs: tuple[NDArray[Any], ...], *, float32: bool = True) -> Ran | Refused:
        """Run a file on its inputs, in the order of its graph, which is what LiteRT goes by.

        `float32` False leaves the precision to the driver.
        """
        process = self._process if self._process is not None else self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump((data, inputs, float32), process.stdin)
            process.stdin.flush()
            answer = pickle.load(process.stdout)
        except (BrokenPipeError, EOFError, pickle.UnpicklingError):
            self.close()
            return Refused(f"the process ended with code {process.returncode}")
        return Ran(answer) if isinstance(answer, tuple) else Refused(answer)

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, _CHOICE: str(self._driver)}
        command = [sys.executable, "-P", __file__]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe)
        return self._process

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def __enter__(self) -> "GpuProcess":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()


def _serve() -> None:
    """Answer the questions of standard input: a tuple of outputs, or the log of a model that was refused."""
    answers = os.fdopen(os.dup(1), "wb")
    with tempfile.TemporaryFile() as log:
        for stream in (1, 2):  # where LiteRT and the driver log to
            os.dup2(log.fileno(), stream)
        import ai_edge_litert
        from ai_edge_litert.environment import Environment, EnvironmentOptions

        folder = str(Path(ai_edge_litert.__path__[0]))
        environment = Environment.create(options=EnvironmentOptions(runtime_path=folder))
        compiled: dict[tuple[bytes, bool], Any] = {}
        while True:
            try:
                data, inputs, float32 = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            log.seek(0)
            log.truncate()
            if (data, float32) not in compiled:
                compiled.clear()  # one is kept: the same file often comes with the next inputs
            pickle.dump(_answer(environment, data, inputs, float32, compiled, log), answers)
            answers.flush()


def _compile(environment: Any, data: bytes, float32: bool) -> Any:
    from ai_edge_litert.compiled_model import CompiledModel
    from ai_edge_litert.hardware_accelerator import HardwareAccelerator
    from ai_edge_litert.options import GpuOptions, Options

    options = Options(HardwareAccelerator.GPU, gpu_options=GpuOptions(enforce_f32=float32))
    return CompiledModel.from_buffer(data, environment=environment, options=options)


def _answer(
    environment: Any,
    data: bytes,
    inputs: Any,
    float32: bool,
    compiled: dict[tuple[bytes, bool], Any],
    log: IO[bytes],
) -> tuple[Any, ...] | str:
    try:
        model = compiled.get((data, float32)) or _compile(environment, data, float32)
        compiled[data, float32] = model
        if not model.is_fully_accelerated():
            return "not fully accelerated\n" + _logged(log)
        return until_done(lambda: _run(model, data, inputs))
    except RuntimeError as error:
        return f"{error}\n{_logged(log)}"


def _run(model: Any, data: bytes, inputs: Any) -> tuple[NDArray[Any], ...]:
    given, taken = model.create_input_buffers(0), model.create_output_buffers(0)
    for buffer, values in zip(given, inputs, strict=True):
        dtype = values.dtype if values.dtype.type in DTYPES.values() else np.float32
        buffer.write(np.ascontiguousarray(values, dtype).reshape(-1))
    model.run_by_index(0, given, taken)
    return tuple(
        np.array(buffer.read(int(np.prod(shape)), dtype)).reshape(shape)
        for buffer, (shape, dtype) in zip(taken, output_types(data), strict=True)
    )


def until_done(run: Callable[[], Answer]) -> Answer:
    """What `run` gives. It is run again where LiteRT does not wait for its end, as with a software driver on a busy
    machine, where the first run takes the longest.

    Raises RuntimeError as `run` does, for a timeout after PATIENCE seconds.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return run()
        except RuntimeError as error:
            if _TIMED_OUT not in str(error) or time.monotonic() > end:
                raise


def _logged(log: IO[bytes]) -> str:
    sys.stdout.flush()
    log.seek(0)
    return log.read().decode("utf-8", "replace")


def output_types(data: bytes) -> list[tuple[tuple[int, ...], Any]]:
    """The shapes and dtypes of the main graph's outputs, in its order."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(data, 0)
    graph = model.Subgraphs(0)
    tensors = [graph.Tensors(index) for index in map(int, graph.OutputsAsNumpy())]
    return [(_shape(tensor), DTYPES.get(tensor.Type(), np.float32)) for tensor in tensors]


def _shape(tensor: Any) -> tuple[int, ...]:
    return () if tensor.ShapeIsNone() else tuple(map(int, tensor.ShapeAsNumpy()))


if __name__ == "__main__":
    _serve()
