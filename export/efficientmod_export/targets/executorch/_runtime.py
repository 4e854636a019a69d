"""ExecuTorch's own runtime, the C++ code that phones run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from efficientmod_export._stages import ModelFile
from efficientmod_export.foreign import loading
from efficientmod_export.targets._runtime import Array, Configuration, check_count
from efficientmod_export.targets.executorch._missing_kernels import explained

METHOD = "forward"


class PteRuntime:
    """Opens `.pte` files that call `delegate`, by ExecuTorch's name for it."""

    title = "ExecuTorch"
    distribution = "executorch"

    def __init__(self, delegate: str) -> None:
        self.delegate = delegate

    def missing(self, configuration: Configuration) -> str | None:  # noqa: ARG002
        """A reason where this machine's ExecuTorch was built without the delegate."""
        from executorch.runtime import Runtime

        if Runtime.get().backend_registry.is_available(self.delegate):
            return None
        return f"the ExecuTorch of this machine was built without {self.delegate}"

    def prepare(self, threads: int | None) -> None:
        """Set the threads of the process's only thread pool, unless it has that number already.

        Methods that were loaded before the pool is reset would use freed memory.
        """
        from executorch.extension.pybindings import portable_lib

        if threads is not None and threads != portable_lib._threadpool_get_thread_count():
            portable_lib._unsafe_reset_threadpool(threads)

    def open(self, file: ModelFile, configuration: Configuration) -> "PteSession":
        """Load a file; its inputs and outputs have no names, only an order."""
        from executorch.runtime import Runtime

        self.prepare(configuration.threads)
        with loading(file.path), explained(file.path):
            data = self.read(file.path)
            program = Runtime.get().load_program(data)
            method = program.metadata(METHOD)
            program.load_method(METHOD)  # packs the weights; the program keeps the method
        check_count(file.path, method.num_inputs(), file.inputs)
        check_count(file.path, method.num_outputs(), file.outputs)
        return PteSession(program, file.path)

    def read(self, path: Path) -> bytes:
        """The file's bytes."""
        return path.read_bytes()


class PteSession:
    """A loaded `.pte` file."""

    def __init__(self, program: Any, path: Path) -> None:
        from executorch.extension.pybindings import portable_lib

        self.threads = int(portable_lib._threadpool_get_thread_count())
        self._program = program
        self._path = path
        self._inputs: list[torch.Tensor] = []
        self._outputs: Sequence[torch.Tensor] = ()

    def bind(self, inputs: Sequence[Array]) -> None:
        """Set the inputs of the next call."""
        self._inputs = [torch.from_numpy(values) for values in inputs]

    def invoke(self) -> None:
        """One call; one that fails is made again, to read what ExecuTorch prints about it."""
        try:
            self._outputs = self._program.load_method(METHOD).execute(self._inputs)
        except RuntimeError:
            with explained(self._path):
                self._program.load_method(METHOD).execute(self._inputs)
            raise

    def results(self) -> tuple[Array, ...]:
        """Copies of the outputs: the runtime's own are views of memory that the next call overwrites."""
        return tuple(np.array(output.numpy()) for output in self._outputs)
