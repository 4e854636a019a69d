"""The runtimes whose threads can be set: each loads a file and gives the call to be timed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from efficientmod_export._stages import Sample
from efficientmod_export.targets._onnx_model import onnx_session
from efficientmod_export.targets.executorch._convert import METHOD, load_pte
from efficientmod_export.targets.tflite._convert import input_values, interpreter

Call = Callable[[], object]


@dataclass(frozen=True)
class Loaded:
    """`call` is one inference and nothing else: its input is already in place. `threads` is what the runtime says."""

    call: Call
    threads: int


Load = Callable[[Path, Sample], Loaded]
"""Loads a file for one picture."""

Prepare = Callable[[int], Load]
"""Imports the runtime and sets its threads, which shall not count as loading."""


@dataclass(frozen=True)
class Runtime:
    """`title` is for people, `distribution` what pip calls it."""

    title: str
    distribution: str
    prepare: Prepare


RUNTIMES: dict[str, Runtime] = {}
"""By the target whose files it runs."""


def runtime(target: str, title: str, distribution: str) -> Callable[[Prepare], Prepare]:
    """Decorator: measure this target's files so."""

    def register(prepare: Prepare) -> Prepare:
        if target in RUNTIMES:
            raise ValueError(f"two runtimes for {target!r}")
        RUNTIMES[target] = Runtime(title, distribution, prepare)
        return prepare

    return register


@runtime("executorch", "ExecuTorch", "executorch")
def prepare_executorch(threads: int) -> Load:
    """One pool for the whole process. Methods loaded before it is reset would run on freed memory."""
    from executorch.extension.pybindings import portable_lib

    portable_lib._unsafe_reset_threadpool(threads)

    def load(path: Path, sample: Sample) -> Loaded:
        program = load_pte(path.read_bytes())
        program.load_method(METHOD)  # packs the weights; the program keeps the method
        inputs = [torch.from_numpy(sample.tensor)]
        return Loaded(
            lambda: program.load_method(METHOD).execute(inputs), int(portable_lib._threadpool_get_thread_count())
        )

    return load


@runtime("tflite", "LiteRT", "ai-edge-litert")
def prepare_tflite(threads: int) -> Load:
    """The interpreter with XNNPACK, which takes its threads from it."""
    import ai_edge_litert.interpreter  # noqa: F401

    def load(path: Path, sample: Sample) -> Loaded:
        loaded = interpreter(path.read_bytes(), threads)
        loaded.set_tensor(loaded.get_input_details()[0]["index"], input_values(sample.pixels))
        return Loaded(loaded.invoke, threads)

    return load


@runtime("onnx", "ONNX Runtime", "onnxruntime")
def prepare_onnx(threads: int) -> Load:
    """The CPU provider with its default optimisations."""
    import onnxruntime  # noqa: F401

    def load(path: Path, sample: Sample) -> Loaded:
        session = onnx_session(path.read_bytes(), threads)
        feed = {session.get_inputs()[0].name: sample.tensor}
        return Loaded(lambda: session.run(None, feed), int(session.get_session_options().intra_op_num_threads))

    return load
