"""ONNX Runtime on the CPU."""

from collections.abc import Sequence
from typing import Any

from efficientmod_export._stages import ModelFile
from efficientmod_export.foreign import loading
from efficientmod_export.targets._runtime import Array, Configuration, check_names

THREADS = 1  # so that sums are the same on every machine


class OnnxRuntime:
    """Opens `.onnx` files with the CPU provider and its default optimisations."""

    title = "ONNX Runtime"
    distribution = "onnxruntime"

    def missing(self, configuration: Configuration) -> str | None:  # noqa: ARG002
        """Always None: it runs wherever it is installed."""
        return None

    def prepare(self, threads: int | None) -> None:  # noqa: ARG002
        """Import ONNX Runtime; a session has its own threads."""
        import onnxruntime  # noqa: F401

    def open(self, file: ModelFile, configuration: Configuration) -> "OnnxSession":
        """Load a file; its inputs and outputs are found by name."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = configuration.threads or THREADS, 1
        options.log_severity_level = 3  # errors only
        with loading(file.path):
            data = file.path.read_bytes()
            session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        check_names(file.path, [put.name for put in session.get_inputs()], file.inputs)
        check_names(file.path, [put.name for put in session.get_outputs()], file.outputs)
        return OnnxSession(session, file)


class OnnxSession:
    """A loaded `.onnx` file."""

    def __init__(self, session: Any, file: ModelFile) -> None:
        self.threads = int(session.get_session_options().intra_op_num_threads)
        self._session = session
        self._inputs = [spec.name for spec in file.inputs]
        self._outputs = [spec.name for spec in file.outputs]
        self._feed: dict[str, Array] = {}
        self._results: tuple[Array, ...] = ()

    def bind(self, inputs: Sequence[Array]) -> None:
        """Set the inputs of the next call."""
        self._feed = dict(zip(self._inputs, inputs, strict=True))

    def invoke(self) -> None:
        """One call."""
        self._results = tuple(self._session.run(self._outputs, self._feed))

    def results(self) -> tuple[Array, ...]:
        """The outputs, which the next call does not overwrite."""
        return self._results
