"""LiteRT's interpreter with its XNNPACK delegate, on the CPU."""

from collections.abc import Sequence
from typing import Any

from efficientmod_export._stages import ModelFile
from efficientmod_export.foreign import loading
from efficientmod_export.targets._runtime import Array, Configuration, check_names

THREADS = 1  # sums come out alike on every machine


class LiteRt:
    """Opens `.tflite` files."""

    title = "LiteRT"
    distribution = "ai-edge-litert"

    def missing(self, configuration: Configuration) -> str | None:  # noqa: ARG002
        """Nothing: it runs wherever it is installed."""
        return None

    def prepare(self, threads: int | None) -> None:  # noqa: ARG002
        """Import it; an interpreter has its own threads."""
        import ai_edge_litert.interpreter  # noqa: F401

    def open(self, file: ModelFile, configuration: Configuration) -> "LiteRtSession":
        """Load a file, its inputs and outputs by name."""
        threads = configuration.threads or THREADS
        with loading(file.path):
            loaded = interpreter(file.path.read_bytes(), threads)
        check_names(file.path, [detail["name"] for detail in loaded.get_input_details()], file.inputs)
        check_names(file.path, [detail["name"] for detail in loaded.get_output_details()], file.outputs)
        return LiteRtSession(loaded, file, threads)


class LiteRtSession:
    """An interpreter with its tensors allocated."""

    def __init__(self, loaded: Any, file: ModelFile, threads: int) -> None:
        self.threads = threads
        self._loaded = loaded
        inputs = {detail["name"]: detail["index"] for detail in loaded.get_input_details()}
        outputs = {detail["name"]: detail["index"] for detail in loaded.get_output_details()}
        self._inputs = [inputs[spec.name] for spec in file.inputs]
        self._outputs = [outputs[spec.name] for spec in file.outputs]

    def bind(self, inputs: Sequence[Array]) -> None:
        """Copy the inputs into their tensors."""
        for index, values in zip(self._inputs, inputs, strict=True):
            self._loaded.set_tensor(index, values)

    def invoke(self) -> None:
        """One call."""
        self._loaded.invoke()

    def results(self) -> tuple[Array, ...]:
        """Copies of the output tensors."""
        return tuple(self._loaded.get_tensor(index) for index in self._outputs)


def interpreter(data: bytes, threads: int = THREADS) -> Any:
    """A LiteRT interpreter with XNNPACK, its tensors allocated."""
    from ai_edge_litert.interpreter import Interpreter

    loaded = Interpreter(model_content=data, num_threads=threads)
    loaded.allocate_tensors()
    return loaded
