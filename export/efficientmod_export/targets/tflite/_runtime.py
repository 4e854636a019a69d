"""LiteRT: its interpreter with the XNNPACK delegate on the CPU, its accelerator on a GPU."""

from collections.abc import Sequence
from typing import Any

from efficientmod_export._stages import ModelFile
from efficientmod_export._vulkan import missing_driver
from efficientmod_export.foreign import loading
from efficientmod_export.targets._runtime import Array, Configuration, Session, check_names

THREADS = 1  # so that sums are the same on every machine


class LiteRt:
    """Opens `.tflite` files."""

    title = "LiteRT"
    distribution = "ai-edge-litert"

    def missing(self, configuration: Configuration) -> str | None:
        """Always None for the CPU; a reason where the GPU cannot be used."""
        if configuration.unit == "cpu":
            return None
        return missing_driver(configuration.compute_precision)

    def prepare(self, threads: int | None) -> None:  # noqa: ARG002
        """Import LiteRT; an interpreter has its own threads."""
        import ai_edge_litert.interpreter  # noqa: F401

    def open(self, file: ModelFile, configuration: Configuration) -> Session:
        """Load a file; its inputs and outputs are found by name."""
        if configuration.unit == "gpu":
            from efficientmod_export.targets.tflite._gpu_runtime import open_on_gpu

            return open_on_gpu(file, configuration)
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
