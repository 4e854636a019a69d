"""A toy target: `model.toy` is the program as `torch.export` saves it, and its weights as NumPy arrays beside it.

In fp16 the arrays are float16; that file is made from the fp32 one, as a quantiser would. PyTorch runs both on the CPU,
and nothing on a GPU.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from efficientmod_export._stages import ConversionOptions, ModelFile
from efficientmod_export.foreign import loading
from efficientmod_export.targets import Configuration, Conversion, FromArtifact, FromProgram, Place, Target, Variant
from efficientmod_export.targets._limits import FLOAT16, FLOAT32
from efficientmod_export.targets._program import export, write_file
from efficientmod_mobile.deploy import EXACT, Program

GRAPH = "graph"
LEAST_RUNTIME = "1.0"


def convert(program: Program, options: ConversionOptions, path: Path) -> Conversion:
    exported = export(program)
    graph = io.BytesIO()
    torch.export.save(exported, graph)
    weights = {name: tensor.numpy() for name, tensor in exported.state_dict.items()}
    write(path, np.frombuffer(graph.getvalue(), np.uint8), weights)
    return Conversion(LEAST_RUNTIME)


def halve(source: Path, options: ConversionOptions, path: Path) -> Conversion:
    graph, weights = read(source)
    write(path, graph, {name: values.astype(np.float16) for name, values in weights.items()})
    return Conversion(LEAST_RUNTIME)


def write(path: Path, graph: Any, weights: dict[str, Any]) -> None:
    data = io.BytesIO()
    np.savez(data, **{GRAPH: graph, **weights})
    write_file(path, data.getvalue())


def read(path: Path) -> tuple[Any, dict[str, Any]]:
    with np.load(path) as arrays:
        return arrays[GRAPH], {name: arrays[name] for name in arrays.files if name != GRAPH}


class ToyRuntime:
    title = "Toy runtime"
    distribution = "torch"

    def missing(self, configuration: Configuration) -> str | None:
        return None if configuration.unit == "cpu" else "a toy has no GPU"

    def prepare(self, threads: int | None) -> None:
        pass

    def open(self, file: ModelFile, configuration: Configuration) -> "ToySession":
        with loading(file.path):
            graph, weights = read(file.path)
            module = torch.export.load(io.BytesIO(graph.tobytes())).module()
            module.load_state_dict({name: torch.from_numpy(values).float() for name, values in weights.items()})
        return ToySession(module)


class ToySession:
    threads: int | None = None

    def __init__(self, module: torch.nn.Module) -> None:
        self._module = module
        self._inputs: list[torch.Tensor] = []
        self._outputs: Sequence[torch.Tensor] = ()

    def bind(self, inputs: Sequence[Any]) -> None:
        self._inputs = [torch.from_numpy(values) for values in inputs]

    def invoke(self) -> None:
        with torch.no_grad():
            self._outputs = self._module(*self._inputs)

    def results(self) -> tuple[Any, ...]:
        return tuple(output.numpy().copy() for output in self._outputs)


TARGET = Target(
    name="toy",
    title="Toy",
    extra="toy",
    modules=("torch",),
    packages=("torch", "numpy"),
    variants=(
        Variant(
            target="toy",
            precision="fp32",
            stem="model",
            suffix=".toy",
            recipe=EXACT,
            step=FromProgram(convert),
            places=(
                Place("gpu", "float32", FLOAT32, noise="float32"),
                Place("cpu", "float32", FLOAT32, noise="float32"),
            ),
            default=True,
        ),
        Variant(
            target="toy",
            precision="fp16",
            stem="model",
            suffix=".toy",
            recipe=EXACT,
            step=FromArtifact("fp32", halve),
            places=(Place("cpu", "float32", FLOAT16, noise="float16_weights"),),
        ),
    ),
    runtime=ToyRuntime(),
)
