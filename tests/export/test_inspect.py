"""`efficientmod inspect`: bundles, and files of others, held against what other readers say of them."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from efficientmod_export import inspect
from efficientmod_export.bundle.contract import open_bundle
from efficientmod_export.targets import FileContents

from .cli.terminal import NARROWEST_FIRST, in_terminal

Command = Callable[..., Result]
KINDS = ("executorch", "onnx", "tflite")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a small network in every format whose file is read here, made once."""
    import torch
    from torch import nn

    from efficientmod_export import export

    torch.manual_seed(0)
    head = (nn.Conv2d(8, 16, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 7))
    network = nn.Sequential(nn.Conv2d(3, 8, 5, stride=4, padding=2), nn.GELU(), *head).eval()
    folder = tmp_path_factory.mktemp("inspected") / "out"
    made = export(network, resolution="48x64", targets=KINDS, labels=list("abcdefg"), units="cpu", output=folder)
    made.raise_for_failure()
    return folder


def read(path: Path) -> FileContents:
    contents = inspect(path)
    assert isinstance(contents, FileContents)
    assert contents.size == sum(contents.parts.values())
    return contents


def test_a_tflite_file_as_its_interpreter_sees_it(bundle: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_path=str(bundle / "model.tflite"), experimental_op_resolver_type=plain)
    contents = read(bundle / "model.tflite")
    (graph,) = contents.graphs
    kinds = Counter(one["op_name"] for one in interpreter._get_ops_details())
    assert graph.operators == kinds
    for own, details in (
        (graph.inputs, interpreter.get_input_details()),
        (graph.outputs, interpreter.get_output_details()),
    ):
        assert [(one.name, one.shape, one.dtype) for one in own] == [
            (one["name"], tuple(one["shape"]), np.dtype(one["dtype"]).name) for one in details
        ]
    assert contents.labels == tuple("abcdefg")
    assert contents.metadata["name"] == "Sequential"
    assert contents.parts["files behind the model"] > 0
    assert contents.normalisation is not None
    assert contents.normalisation.std == (1.0, 1.0, 1.0)


def test_an_onnx_file_as_onnx_sees_it(bundle: Path) -> None:
    import onnx

    model = onnx.load(bundle / "model.onnx")
    contents = read(bundle / "model.onnx")
    (graph,) = contents.graphs
    assert graph.operators == Counter(node.op_type for node in model.graph.node)
    arrays = [onnx.numpy_helper.to_array(one) for one in model.graph.initializer]
    assert {one.dtype: (one.tensors, one.size) for one in graph.weights} == {
        name: (len(each), sum(array.nbytes for array in each))
        for name in {array.dtype.name for array in arrays}
        for each in ([array for array in arrays if array.dtype.name == name],)
    }
    assert [(one.name, one.shape, one.dtype) for one in graph.inputs] == [("input", (1, 3, 48, 64), "float32")]
    assert contents.metadata["opset of ai.onnx"] == "20"


def test_a_pte_file_as_its_runtime_sees_it(bundle: Path) -> None:
    from executorch.runtime import Runtime

    program = Runtime.get().load_program(bundle / "model.pte")
    method = program.metadata("forward")
    contents = read(bundle / "model.pte")
    (graph,), (delegate,) = contents.graphs, contents.delegates
    assert [one.shape for one in graph.inputs] == [tuple(method.input_tensor_meta(0).sizes())]
    assert [one.shape for one in graph.outputs] == [tuple(method.output_tensor_meta(0).sizes())]
    assert (delegate.name, delegate.calls, delegate.problem) == ("XnnpackBackend", 1, None)
    assert delegate.graphs[0].operators["Conv2d"] == 2
    assert delegate.graphs[0].operators["FullyConnected"] == 1
    (weights,) = delegate.graphs[0].weights
    assert weights.dtype == "fp32"
    assert weights.size >= 4 * (3 * 8 * 25 + 8 + 8 * 16 * 9 + 16 + 16 * 7 + 7)


def test_a_bundle_and_all_its_files(efficientmod: Command, bundle: Path) -> None:
    done = efficientmod("inspect", bundle, "--json")
    told = json.loads(done.stdout)
    opened = open_bundle(bundle)
    assert (done.exit_code, told["sha256"], told["problems"], told["labels"]) == (0, opened.sha256, [], 7)
    assert [Path(one["path"]).name for one in told["files"]] == ["model.pte", "model.onnx", "model.tflite"]
    files = (stored.size for stored in opened.manifest.files())
    assert sum(told["parts"].values()) == sum(files)
    assert told["proofs"]["model.onnx"] == ["cpu float32 proven"]
    assert told["pictures"].startswith("an upright RGB picture")


def test_a_changed_file_is_told_and_not_read(efficientmod: Command, bundle: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(bundle, tmp_path / "copy")
    with (copy / "model.onnx").open("ab") as stream:
        stream.write(b"more")
    (copy / "stray.txt").write_text("x")
    done = efficientmod("inspect", copy, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [problem.partition(":")[0] for problem in told["problems"]] == ["model.onnx"]
    assert [Path(one["path"]).name for one in told["files"]] == ["model.pte", "model.tflite"]
    assert told["remarks"] == ["stray.txt: the manifest does not list it, so it is no part of the bundle"]


@pytest.mark.parametrize("columns", NARROWEST_FIRST)
def test_it_fits_the_terminal(bundle: Path, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bundle.parent)
    shown = in_terminal(sys.executable, "-m", "efficientmod_export", "inspect", "out", columns=columns)
    assert shown.exit_code == 0, shown.text
    assert all(len(line) <= columns for line in shown.lines), shown.text
    for words in (
        "CONV_2D ",
        "Gemm ",
        "FullyConnected ",
        "takes image, float32 (1, 3, 48, 64)",
        "opset of ai.onnx: 20",
    ):
        assert words in shown.text


@pytest.mark.parametrize(("name", "code"), [
    ("model.onnx", "damaged_onnx"), ("model.tflite", "damaged_tflite"), ("model.pte", "damaged_pte"),
])  # fmt: skip
@pytest.mark.parametrize("size", [0, 7, 60, 400])
def test_a_file_cut_short(efficientmod: Command, bundle: Path, tmp_path: Path, name: str, code: str, size: int) -> None:
    (tmp_path / name).write_bytes((bundle / name).read_bytes()[:size])
    done = efficientmod("inspect", tmp_path / name, "--json")
    assert done.exit_code == 2, done.output
    assert json.loads(done.stdout)["error"]["code"] == code


def test_what_is_no_model(efficientmod: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    for path, code in (
        (tmp_path / "notes.txt", "unknown_file_kind"),
        (tmp_path / "none.tflite", "no_such_file"),
        (tmp_path, "no_manifest"),
    ):
        done = efficientmod("inspect", path, "--json")
        error = json.loads(done.stdout)["error"]
        assert (done.exit_code, error.get("problems", [error])[0]["code"]) == (2, code), error


def test_a_tflite_file_of_another_converter(tmp_path: Path) -> None:
    """With an operator of its own, an open length and a quantised input."""
    from ai_edge_litert import schema_py_generated as schema
    from flatbuffers import Builder

    def tensor(name: str, kind: int, **more: Any) -> Any:
        return schema.TensorT(name=name.encode(), shape=np.array([1, 8, 8, 3], np.int32), type=kind, buffer=0, **more)

    quantised = schema.QuantizationParametersT(scale=np.array([0.5], np.float32), zeroPoint=np.array([128], np.int64))
    open_shape = np.array([-1, 8, 8, 3], np.int32)
    custom = schema.BuiltinOperator.CUSTOM
    model = schema.ModelT(
        version=3,
        description=b"Another converter",
        buffers=[schema.BufferT()],
        operatorCodes=[schema.OperatorCodeT(builtinCode=custom, deprecatedBuiltinCode=custom, customCode=b"Detection")],
        subgraphs=[
            schema.SubGraphT(
                name=b"main",
                tensors=[
                    tensor("pixels", schema.TensorType.UINT8, quantization=quantised, shapeSignature=open_shape),
                    tensor("boxes", schema.TensorType.FLOAT32),
                ],
                inputs=np.array([0], np.int32),
                outputs=np.array([1], np.int32),
                operators=[
                    schema.OperatorT(opcodeIndex=0, inputs=np.array([0], np.int32), outputs=np.array([1], np.int32))
                ],
            )
        ],
    )
    builder = Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path = tmp_path / "other.tflite"
    path.write_bytes(bytes(builder.Output()))
    contents = read(path)
    (graph,) = contents.graphs
    assert graph.operators == {"custom Detection": 1}
    assert graph.inputs[0].shape == (None, 8, 8, 3)
    assert (graph.inputs[0].dtype, graph.inputs[0].quantisation) == ("uint8", (0.5, 128))
    assert contents.metadata["made by"] == "Another converter"


def test_an_onnx_file_of_another_exporter(tmp_path: Path) -> None:
    """With a branch, a domain of its own, an open length by name, and weights in a file beside it."""
    from onnx import TensorProto, helper, numpy_helper, save

    weights = numpy_helper.from_array(np.ones((4, 4), np.float16), "w")
    branch = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])], "then", [], [helper.make_empty_tensor_value_info("y")]
    )
    nodes = [
        helper.make_node("If", ["c"], ["z"], then_branch=branch, else_branch=branch),
        helper.make_node("Fused", ["z", "w"], ["out"], domain="com.other"),
    ]
    graph = helper.make_graph(
        nodes,
        "graph",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT16, ["batch", 4]),
            helper.make_tensor_value_info("c", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT16, None)],
        [weights],
    )
    path = tmp_path / "other.onnx"
    model = helper.make_model(graph, producer_name="other", opset_imports=[helper.make_opsetid("", 17)])
    save(model, path, save_as_external_data=True, location="other.data", size_threshold=0)
    contents = read(path)
    (main,) = contents.graphs
    assert main.operators == {"Relu": 2, "If": 1, "com.other.Fused": 1}
    assert (main.inputs[0].shape, main.inputs[0].remark) == ((None, 4), "open: batch")
    assert main.outputs[0].shape is None
    assert [(one.dtype, one.tensors, one.size) for one in main.weights] == [("float16", 1, 32)]
    assert contents.metadata["weights in other files"] == "other.data"
    assert contents.parts == {"graph": contents.size}


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")  # of coremltools itself
def test_packages_of_coremltools(tmp_path: Path) -> None:
    """A program with a branch of its own exporter, and a neural network, which no interpreter here runs."""
    import coremltools as ct
    from coremltools.converters.mil import Builder
    from coremltools.models.neural_network import NeuralNetworkBuilder

    @Builder.program(input_specs=[Builder.TensorSpec(shape=(1, 3, 4, 6))], opset_version=ct.target.iOS16)
    def program(x: Any) -> Any:
        weights = np.ones((8, 3, 1, 1), np.float32) * np.arange(8).reshape(8, 1, 1, 1)
        return Builder.relu(x=Builder.conv(x=x, weight=weights.astype(np.float32)))

    model = ct.convert(program, minimum_deployment_target=ct.target.iOS16, compute_precision=ct.precision.FLOAT16)
    model.author = "Somebody"
    path = tmp_path / "program.mlpackage"
    model.save(str(path))
    contents = read(path)
    (graph,) = contents.graphs
    assert {kind: graph.operators[kind] for kind in ("conv", "relu")} == {"conv": 1, "relu": 1}
    assert contents.metadata["author"] == "Somebody"
    assert "iOS 16" in contents.format
    assert [one.shape for one in graph.inputs] == [(1, 3, 4, 6)]
    assert sum(one.size for one in graph.weights) == 2 * 24

    features = [("data", ct.models.datatypes.Array(3))]
    builder = NeuralNetworkBuilder(features, [("out", ct.models.datatypes.Array(3))])
    builder.add_activation("relu", "RELU", "data", "out")
    older = tmp_path / "older.mlpackage"
    ct.models.MLModel(builder.spec).save(str(older))
    (graph,) = read(older).graphs
    assert (graph.name, graph.operators) == ("neuralNetwork", {"activation": 1})
