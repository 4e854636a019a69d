"""Ways to see the values that an artifact computes on the way, under the names of the program's nodes.

An extra output is asked of the artifact for each value. That keeps a runtime from fusing across it, so a fault that
only fusion makes is not seen by many probes at once.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx

from efficientmod_export._stages import Sample
from efficientmod_export.targets import _image
from efficientmod_export.targets import _onnx_model as _onnx
from efficientmod_export.targets._interpreted import load_interpreted
from efficientmod_export.targets._program import INPUT_NAME, copy, export, output_names, output_nodes, program_names
from efficientmod_export.targets.executorch import _convert as _executorch
from efficientmod_export.targets.executorch_coreml import _convert as _executorch_coreml
from efficientmod_export.targets.tflite import _convert as _tflite
from efficientmod_mobile.deploy import Program
from efficientmod_mobile.errors import ParityError

aten = torch.ops.aten

MOVES = (aten.permute.default, aten.reshape.default, aten.transpose.int)

Values = list[NDArray[np.float32]]

SAME_TIME_BYTES = 1 << 30  # of float32 values held at once
PTE_AT_ONCE = 15  # few, so that the lowering stays close to that of the artifact; each round lowers the network again


class Prober(Protocol):
    """Shows values of one artifact. `visible` are the nodes it can show, `at_once` how many of them in one go."""

    visible: tuple[fx.Node, ...]
    at_once: int

    def probe(self, nodes: Sequence[fx.Node], sample: Sample) -> Values:
        """The nodes' values for this sample, with their axes as the artifact has them."""
        ...


PROBERS: dict[str, Callable[[Program, Path], Prober]] = {}
"""How to probe each target's artifact."""


def prober(target: str) -> Callable[[Callable[[Program, Path], Prober]], Callable[[Program, Path], Prober]]:
    """Decorator: probe this target's artifacts so."""

    def decorate(made: Callable[[Program, Path], Prober]) -> Callable[[Program, Path], Prober]:
        if target in PROBERS:
            raise ValueError(f"two probers are for {target!r}")
        PROBERS[target] = made
        return made

    return decorate


@prober("onnx")
class OnnxProber:
    """Adds values of the very file to its graph's outputs."""

    def __init__(self, program: Program, path: Path) -> None:
        import onnx

        self._model = onnx.load(path)
        self._names = _file_names(program)
        found = {name for node in self._model.graph.node for name in node.output}
        self.visible = _visible(program, self._names, found, path)
        self.at_once = _at_once(self.visible)

    def probe(self, nodes: Sequence[fx.Node], sample: Sample) -> Values:
        """Run the file with these values as outputs."""
        import onnx

        names = [self._names[node] for node in nodes]
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        present = {output.name for output in model.graph.output}
        extra = [name for name in names if name not in present]
        float32 = onnx.TensorProto.FLOAT
        model.graph.output.extend(onnx.helper.make_tensor_value_info(name, float32, None) for name in extra)
        session = _onnx.onnx_session(model.SerializeToString())
        values: Values = session.run(names, {INPUT_NAME: sample.tensor})
        return values


@prober("tflite")
class TfliteProber:
    """Adds tensors of the very file to its graph's outputs, so that XNNPACK computes them as before."""

    def __init__(self, program: Program, path: Path) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self._model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
        self._names = _file_names(program)
        graph = self._model.subgraphs[0]
        computed = {int(index) for operator in graph.operators for index in operator.outputs}
        self._indices = {graph.tensors[index].name.decode(): index for index in sorted(computed)}
        self.visible = _visible(program, self._names, set(self._indices), path)
        self.at_once = _at_once(self.visible)
        self._outputs = list(graph.outputs)

    def probe(self, nodes: Sequence[fx.Node], sample: Sample) -> Values:
        """Run the file with these tensors as outputs."""
        indices = [self._indices[self._names[node]] for node in nodes]
        extra = [index for index in dict.fromkeys(indices) if index not in self._outputs]
        self._model.subgraphs[0].outputs = np.array([*self._outputs, *extra], np.int32)
        loaded = _tflite.interpreter(pack(self._model))
        return list(_tflite.invoke(loaded, sample.pixels, indices))


@prober("executorch")
class ExecutorchProber:
    """Lowers the program again with values as outputs, since XNNPACK hides what it computes inside a delegate.

    That tells of the artifact only if the same program, lowered as it is, gives the artifact's very bytes.
    """

    def __init__(self, program: Program, path: Path) -> None:
        if _executorch.lower_to_pte(program).data != path.read_bytes():
            raise ParityError(
                f"{path.name} is not what this program converts to, so its layers cannot be told from the program; "
                f"export it again with the same checkpoint and the same versions of torch and executorch."
            )
        self._program = program
        self.visible = tuple(node for node in program.graph.nodes if _is_float(node))
        self.at_once = PTE_AT_ONCE

    def probe(self, nodes: Sequence[fx.Node], sample: Sample) -> Values:
        """Lower and run the program with these nodes as its outputs, after its own."""
        probed = copy(self._program)
        twins = dict(zip(self._program.graph.nodes, probed.graph.nodes, strict=True))
        own = output_nodes(probed)
        extra = tuple(twins[node] for node in nodes if twins[node] not in own)
        probed.graph.output_node().args = ((*own, *extra),)
        probed.graph_module.recompile()
        loaded = _executorch.load_pte(_executorch.lower_to_pte(probed).data)
        values = dict(zip((*own, *extra), _executorch.run_pte(loaded, sample.tensor), strict=True))
        return [values[twins[node]] for node in nodes]


class MilProber:
    """Runs the artifact's own ML program in the interpreter, which sees every value; float16 is rounded as stored.

    `lowered` is the graph whose nodes coremltools named the program's operators after.
    """

    def __init__(self, program: Program, path: Path, lowered: fx.Graph) -> None:
        self._loaded = load_interpreted(path, output_names(program), "float16")
        operations = self._loaded.program.function.operations
        found = {output.name.removesuffix("_cast_fp16") for operation in operations for output in operation.outputs}
        origins = {origin: name for name, origin in program_names(program, lowered).items()}
        own = zip(output_nodes(program), self._loaded.outputs, strict=True)
        self._names = {
            **{node: origins[node.name] for node in program.graph.nodes if _is_float(node) and node.name in origins},
            **dict(own),
        }
        # coremltools names the transpositions and reshapes that it adds as these nodes are named.
        self.visible = tuple(node for node in _visible(program, self._names, found, path) if node.target not in MOVES)
        self.at_once = _at_once(self.visible)

    def probe(self, nodes: Sequence[fx.Node], sample: Sample) -> Values:
        """Interpret the program and keep these values."""
        wanted = {self._names[node] for node in nodes}
        values: dict[str, NDArray[np.float32]] = {}

        def keep(operation: Any, _: Any, outputs: tuple[Any, ...]) -> None:
            for declared, value in zip(operation.outputs, outputs, strict=False):
                name = declared.name.removesuffix("_cast_fp16")
                if name in wanted:
                    values[name] = value.float().numpy().copy()

        self._loaded.program.predict(self._loaded.feed(sample), observer=keep)
        return [values[self._names[node]] for node in nodes]


@prober("coreml")
def probe_package(program: Program, path: Path) -> Prober:
    """Only names are asked of the lowered graph, and they are the same whatever the image is divided by."""
    lowered = export(_image.for_centred_pixels(program, (1.0, 1.0, 1.0))).run_decompositions({})
    return MilProber(program, path, lowered.graph)


@prober("executorch-coreml")
def probe_pte_for_coreml(program: Program, path: Path) -> Prober:
    """The names that ExecuTorch gives its nodes are the same for every iOS and precision."""
    least = _executorch_coreml.ExecutorchCoremlBackend.ios_versions[0]
    edge = _executorch_coreml.lower_for_coreml(program, least, "fp32")
    return MilProber(program, path, _executorch_coreml.lowered_graph(edge))


def pack(model: Any) -> bytes:
    """The bytes of a TFLite model in the schema's object form."""
    import flatbuffers

    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _file_names(program: Program) -> dict[fx.Node, str]:
    """Every node's name in the file that is made from the program: its own, or that of the output it gives."""
    names = {node: node.name for node in program.graph.nodes if _is_float(node)}
    return {**names, **dict(zip(output_nodes(program), output_names(program), strict=True))}


def _visible(program: Program, names: dict[fx.Node, str], found: set[str], path: Path) -> tuple[fx.Node, ...]:
    nodes = tuple(node for node in program.graph.nodes if names.get(node) in found)
    if not nodes or nodes[-1] not in output_nodes(program):
        raise ParityError(f"{path.name} was not made from this program; export it again with the same checkpoint.")
    return nodes


def _at_once(nodes: Sequence[fx.Node]) -> int:
    """How many of these values fit into memory together, were each as large as the largest."""
    largest: int = max(4 * node.meta["val"].numel() for node in nodes)
    return max(1, SAME_TIME_BYTES // largest)


def _is_float(node: fx.Node) -> bool:
    value: Any = node.meta.get("val")
    return node.op == "call_function" and getattr(value, "is_floating_point", lambda: False)()
