"""ONNX, by PyTorch's exporter over `torch.export`. It is also what the TFLite file is made from."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from efficientmod_export._stages import (
    Artifact,
    ConversionOptions,
    Interface,
    Outputs,
    Precision,
    Runner,
    Sample,
    TensorSpec,
)
from efficientmod_export.foreign import converting, loading, torch_shortcuts
from efficientmod_export.targets._program import (
    INPUT_NAME,
    check_names,
    export,
    interface_of,
    output_names,
    program_names,
    write_file,
)
from efficientmod_export.targets._target import check_precision, demand, register
from efficientmod_mobile.deploy import Program

if TYPE_CHECKING:
    import onnx

# Gelu is an operator from opset 20 on, LayerNormalization from 17; ONNX Runtime runs opset 20 since 1.17.
OPSET = 20
LEAST_RUNTIME = "1.17"
THREADS = 1  # sums come out alike on every machine


@register
class OnnxBackend:
    """`model.onnx`, one file, float32; takes the normalised image (1, 3, H, W)."""

    target = "onnx"
    precisions: tuple[Precision, ...] = ("fp32",)
    ios_versions: tuple[int, ...] = ()
    filename = "model.onnx"
    requires: tuple[tuple[str, str], ...] = tuple(
        (module, "tflite") for module in ("onnx", "onnxscript", "onnxruntime")
    )

    def convert(self, program: Program, options: ConversionOptions, folder: Path) -> Artifact:
        """Export, check with ONNX's own checker, write."""
        check_precision(self, options)
        demand(self)
        path = folder / self.filename
        with converting(self.target):
            write_file(path, to_onnx(program).SerializeToString(deterministic=True))
        interface = interface_of(self, program, options)
        return Artifact(
            target=self.target,
            path=path,
            precision=options.precision,
            runtime="ONNX Runtime",
            least_runtime=LEAST_RUNTIME,
            inputs=interface.inputs,
            outputs=interface.outputs,
        )

    def interface(self, network: Interface) -> Interface:
        """The network's own."""
        return network

    def runner(self, path: Path, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> Runner:
        """Run with ONNX Runtime on the CPU, on `THREADS` threads."""
        demand(self)
        with loading(path):
            session = onnx_session(path.read_bytes())
        check_names(path, [put.name for put in session.get_inputs()], inputs)
        check_names(path, [put.name for put in session.get_outputs()], outputs)
        names = [spec.name for spec in outputs]

        def run(sample: Sample) -> Outputs:
            return tuple(session.run(names, {inputs[0].name: sample.tensor}))

        return run


def to_onnx(program: Program) -> "onnx.ModelProto":
    """The program as a checked ONNX model in memory, without paths or stack traces.

    A value that a node of the program computes has that node's name; outputs have the names of `output_names`.
    """
    import onnx

    with torch_shortcuts():
        exported = torch.onnx.export(export(program), dynamo=True, opset_version=OPSET, verbose=False)
    if exported is None or exported.exported_program is None:
        raise TypeError("torch.onnx.export gave no program")
    model = exported.model_proto
    _strip(model)
    _rename(model, program_names(program, exported.exported_program.graph), output_names(program))
    onnx.checker.check_model(model, full_check=True)
    return model


def onnx_session(model: bytes, threads: int = THREADS) -> Any:
    """An ONNX Runtime session on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3  # errors only
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _strip(model: "onnx.ModelProto") -> None:
    """Drop what tells of this machine (stack traces) and what only the exporter reads."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")


def _rename(model: "onnx.ModelProto", names: dict[str, str], outputs: tuple[str, ...]) -> None:
    """Give the input, the outputs and the values their names; who has a name that is now another's gets a new one."""
    graph = model.graph
    chosen = {
        **names,
        graph.input[0].name: INPUT_NAME,
        **{output.name: name for output, name in zip(graph.output, outputs, strict=True)},
    }
    taken = set(chosen.values())

    def new_name(old: str) -> str:
        if old and old not in chosen:
            chosen[old] = next(name for name in _candidates(old) if name not in taken)
            taken.add(chosen[old])
        return chosen[old] if old else old

    for node in graph.node:
        node.input[:] = map(new_name, node.input)
        node.output[:] = map(new_name, node.output)
    for part in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.name = new_name(part.name)


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}.{index}" for index in itertools.count(1))
