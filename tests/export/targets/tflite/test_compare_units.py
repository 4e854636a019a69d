"""Any `.tflite` file on the processor and on a software GPU: what is wrong there, and from which operator on."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from click.testing import Result

from efficientmod_export import verify_file
from efficientmod_export._vulkan import DRIVERS, installed
from efficientmod_export.targets.tflite import _compare_units
from efficientmod_export.targets.tflite._any_file import AnyFile
from efficientmod_export.targets.tflite._compare_units import relative_error
from efficientmod_export.targets.tflite._first_difference import first_difference
from efficientmod_export.targets.tflite._shown_values import pack
from efficientmod_mobile.errors import InputError

from ....raising import refused
from .other_writers import loop, of_one

Command = Callable[..., Result]
Write = Callable[..., Path]
DRIVER = "SwiftShader"
needs_gpu = pytest.mark.skipif(not installed(DRIVER), reason=f"{DRIVER} is not installed; run .ci/install_vulkan")
PRODUCT = ("FULLY_CONNECTED", "5x7x6 by 9x42")
DEPTH = 23


@pytest.fixture
def write(benchmark: ModuleType, tmp_path: Path) -> Write:
    """Write one of the benchmark's files; `change` works on the model before."""

    def write_case(operator: str, form: str, change: Callable[[Any], None] = lambda _: None) -> Path:
        case = next(case for case in benchmark.cases() if (case.operator, case.form) == (operator, form))
        model = schema.ModelT.InitFromPackedBuf(case.written(), 0)
        change(model)
        path = tmp_path / "model.tflite"
        path.write_bytes(pack(model))
        return path

    return write_case


@pytest.fixture
def deep(benchmark: ModuleType, tmp_path: Path) -> Path:
    """A product in the middle of a chain, which reads rows of another width than its input has."""
    from gpu_cases._case import File, numbers  # type: ignore[import-not-found]  # beside the benchmark

    file = File()
    value = file.tensor((5, 7, 6))
    for _ in range(DEPTH):
        value = file.emit("TANH", [value], (5, 7, 6))
    product = [value, file.tensor(numbers(9, 42)), file.tensor(numbers(9))]
    value = file.emit("FULLY_CONNECTED", product, (5, 9), schema.FullyConnectedOptionsT())
    for _ in range(DEPTH):
        value = file.emit("TANH", [value], (5, 9))
    path = tmp_path / "deep.tflite"
    path.write_bytes(file.written(value))
    return path


@pytest.fixture
def _gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_ICD_FILENAMES", str(DRIVERS[DRIVER]))


@needs_gpu
@pytest.mark.usefixtures("_gpu")
def test_a_silent_difference_is_a_failure_that_names_the_operator(write: Write, efficientmod: Command) -> None:
    shown = efficientmod("verify", write(*PRODUCT))
    assert shown.exit_code == 1
    for words in ("FULLY_CONNECTED(5x7x6, 9x42, 9)", "the GPU reads the last axis only"):
        assert words in shown.stderr
    assert "wrong" in shown.stdout


@needs_gpu
@pytest.mark.usefixtures("_gpu")
def test_the_operator_in_the_middle_of_a_deep_file_is_found(deep: Path) -> None:
    reference, float32, _ = verify_file(deep).results
    assert (reference.outcome, float32.outcome) == ("reference", "wrong")
    assert (float32.first or "").startswith("FULLY_CONNECTED(5x7x6, 9x42, 9)")


@needs_gpu
@pytest.mark.usefixtures("_gpu")
def test_what_is_right_and_what_is_refused(write: Write, efficientmod: Command) -> None:
    right = json.loads(efficientmod("verify", write("SUB", "1x8x7x6 with 1x8x7x6"), "--json").stdout)
    assert [one["outcome"] for one in right["results"]] == ["reference", "right", "right"]
    assert right["results"][1]["error"] < 1e-6
    assert right["exit_code"] == 0
    shown = efficientmod("verify", write("TANH", "1x3x8x7x6"))
    assert shown.exit_code == 0
    assert "gpu float32 refused: a tensor of more than four axes" in shown.output


def without_signature(model: Any) -> None:
    model.signatureDefs = None


def turned(model: Any) -> None:
    """The signature lists the second input first."""
    signature = model.signatureDefs[0]
    signature.inputs = signature.inputs[::-1]


def turned_graph(model: Any) -> None:
    """The graph lists the second input first."""
    model.subgraphs[0].inputs = model.subgraphs[0].inputs[::-1]


@needs_gpu
@pytest.mark.usefixtures("_gpu")
@pytest.mark.parametrize("change", [without_signature, turned, turned_graph])
def test_inputs_reach_their_tensors(write: Write, change: Callable[[Any], None]) -> None:
    path = write("SUB", "1x8x7x6 with 1x8x7x6", change)
    assert verify_file(path).results[1].outcome == "right"


@needs_gpu
@pytest.mark.usefixtures("_gpu")
@pytest.mark.parametrize(("name", "kind"), [("int32", schema.TensorType.INT32), ("uint8", schema.TensorType.UINT8)])
def test_integers_are_fed_as_they_are(write: Write, name: str, kind: int) -> None:
    def cast(model: Any) -> None:
        code = model.operatorCodes[0]
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CAST
        model.subgraphs[0].tensors[0].type = kind

    result = verify_file(write("TANH", "1x8x7x6", cast))
    assert result.inputs == (f"x0 [1, 8, 7, 6] {name}",)
    assert [one.error for one in result.results] == [None, 0, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_given_inputs_are_what_runs(
    write: Write, tmp_path: Path, dtype: type[np.generic], efficientmod: Command
) -> None:
    path = write("TANH", "1x8x7x6")
    given = tmp_path / "x.npy"
    np.save(given, np.full((1, 8, 7, 6), 2, dtype))
    answer = efficientmod("verify", path, "--input", given, "--json")
    if dtype is np.int32:
        assert json.loads(answer.stdout)["error"]["code"] == "unfit_input"
    else:
        document = json.loads(answer.stdout)
        assert document["inputs"] == ["x0 [1, 8, 7, 6] float32"]
        assert [one["outcome"] for one in document["results"]] == ["reference", "not run here", "not run here"]
    given.write_bytes(b"\x93NUMPY")
    assert (
        json.loads(efficientmod("verify", path, "--input", given, "--json").stdout)["error"]["code"]
        == "unreadable_input"
    )


def test_without_a_driver_nothing_is_wrong(write: Write, efficientmod: Command) -> None:
    shown = efficientmod("verify", write(*PRODUCT))
    assert shown.exit_code == 0
    assert "not run here: VK_ICD_FILENAMES or VK_DRIVER_FILES names /no-vulkan-driver" in shown.output


@pytest.mark.parametrize("kind", [schema.TensorType.STRING, schema.TensorType.COMPLEX64])
def test_ends_that_are_not_supported(tmp_path: Path, kind: int) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(of_one(kind=kind).written())
    with refused(InputError, "unsupported_tflite", "x"):
        verify_file(path)


def test_files_that_cannot_be_verified(write: Write, tmp_path: Path, efficientmod: Command) -> None:
    with refused(InputError, "unreadable_tflite", "missing.tflite"):
        verify_file(tmp_path / "missing.tflite")
    whole = write("TANH", "1x8x7x6")
    whole.write_bytes(whole.read_bytes()[:100])
    with refused(InputError, "damaged_tflite"):
        verify_file(whole)
    picture = tmp_path / "picture.jpg"
    picture.touch()
    with refused(InputError, "unverifiable_file", ".tflite"):
        verify_file(picture)
    for arguments in ((whole, "--layers"), (tmp_path, "--input", picture)):
        answer = efficientmod("verify", *arguments, "--json")
        assert json.loads(answer.stdout)["error"]["code"] == "conflicting_options"


@pytest.mark.parametrize("wrong", [0, 7, DEPTH, 2 * DEPTH - 1])
def test_the_search_finds_any_operator(deep: Path, wrong: int) -> None:
    file = AnyFile(deep)
    tensors = [index for _, index in file.computed()]
    runs = 0

    def differing(shown: Sequence[int]) -> set[int]:
        nonlocal runs
        runs += 1
        return {index for index in shown if tensors.index(index) >= wrong}

    named = first_difference(file, differing)
    operator = file.operators[wrong]
    assert named is not None
    assert f"{operator.text} {operator.outputs[0].name!r}" in named or wrong == DEPTH - 1
    assert runs <= 2


def test_the_error_is_a_fraction_of_the_range() -> None:
    assert relative_error(np.array([1.0, 3.5]), np.array([1.0, 3.0])) == 0.25
    assert relative_error(np.array([np.nan, 3.0]), np.array([1.0, 3.0])) == np.inf
    assert relative_error(np.array([np.inf, 3.0]), np.array([np.inf, 3.0])) == 0


def signed_twice(model: Any) -> None:
    """A graph more, with a signature of its own."""
    model.subgraphs.append(model.subgraphs[0])
    other = schema.SignatureDefT()
    first = model.signatureDefs[0]
    other.inputs, other.outputs, other.subgraphIndex, other.signatureKey = first.inputs, first.outputs, 1, b"other"
    model.signatureDefs.append(other)


@needs_gpu
@pytest.mark.usefixtures("_gpu")
def test_signatures_of_other_graphs_are_named(write: Write, efficientmod: Command) -> None:
    path = write("SUB", "1x8x7x6 with 1x8x7x6", signed_twice)
    assert verify_file(path).left_out == ("other",)
    assert "Not run: other, signatures of other graphs" in " ".join(efficientmod("verify", path).output.split())


def nothing(model: Any) -> None:
    """The output is the input."""
    graph = model.subgraphs[0]
    graph.operators, graph.outputs = [], graph.inputs[:1]
    model.signatureDefs = None


@needs_gpu
@pytest.mark.usefixtures("_gpu")
def test_a_file_without_operators(write: Write) -> None:
    result = verify_file(write("SUB", "1x8x7x6 with 1x8x7x6", nothing))
    assert [one.first for one in result.results] == [None] * 3


@needs_gpu
@pytest.mark.usefixtures("_gpu")
def test_truth_values(write: Write) -> None:
    """A comparison whose CAST is left out."""

    def bare(model: Any) -> None:
        graph = model.subgraphs[0]
        graph.outputs = graph.operators[-1].inputs[:1]
        graph.operators = graph.operators[:-1]
        model.signatureDefs = None

    result = verify_file(write("GREATER", "1x8x7x6 with 1x8x7x6, then CAST", bare))
    assert [one.outcome for one in result.results] == ["reference", "right", "right"]


def reference_of(data: bytes, path: Path) -> tuple[tuple[str, ...], list[str]]:
    """What was fed to a file, and how it came out on each unit."""
    path.write_bytes(data)
    compared = verify_file(path)
    return compared.inputs, [result.outcome for result in compared.results]


@needs_gpu
@pytest.mark.usefixtures("_gpu")
def test_an_open_batch_is_one(tmp_path: Path) -> None:
    file = of_one(shape=(1, 4, 6, 8))
    for tensor in file.model.subgraphs[0].tensors:
        tensor.shapeSignature = np.array([-1, 4, 6, 8], np.int32)
    inputs, outcomes = reference_of(file.written(), tmp_path / "model.tflite")
    assert inputs == ("x [1, 4, 6, 8] float32, open lengths as stored",)
    assert outcomes == ["reference", "right", "right"]


@needs_gpu
@pytest.mark.usefixtures("_gpu")
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (loop, "the accelerator has no kernel for it (WHILE)"),
        (lambda: of_one("NEG", schema.TensorType.INT64).written(), "a tensor of 64-bit integers (NEG)"),
    ],
)
def test_what_the_gpu_does_not_take(make: Callable[[], bytes], reason: str, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(make())
    reference, *others = verify_file(path).results
    assert reference.outcome == "reference"
    assert [(one.outcome, one.reason) for one in others] == [("refused", reason)] * 2


def test_types_that_no_buffer_of_the_gpu_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_compare_units, "find_driver", lambda _: tmp_path / "driver.json")
    path = tmp_path / "model.tflite"
    path.write_bytes(of_one("NEG", schema.TensorType.FLOAT16).written())
    monkeypatch.setattr(_compare_units, "DTYPES", {})
    outcomes = {(one.outcome, one.reason) for one in verify_file(path).results[1:]}
    assert outcomes == {("not run here", "LiteRT's Python package has no buffers of float16, which x is of")}


def test_levels_of_a_grid_are_drawn_from_all(tmp_path: Path) -> None:
    file = of_one("NEG", schema.TensorType.INT8)
    for tensor in file.model.subgraphs[0].tensors:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = np.array([0.1], np.float32), np.array([0], np.int64)
    path = tmp_path / "model.tflite"
    path.write_bytes(file.written())
    (drawn,) = _compare_units.random_inputs(AnyFile(path))
    assert drawn.min() < -100 < 100 < drawn.max()


@pytest.mark.parametrize("shape", [(1 << 20, 1 << 14), (2**31 - 1,) * 3, (-1, 4)])
def test_shapes_that_no_machine_holds(shape: tuple[int, ...], tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(of_one(shape=shape).written())
    with refused(InputError, "unsupported_tflite", "x"):
        verify_file(path)


def test_names_do_not_steer_the_terminal(tmp_path: Path, efficientmod: Command) -> None:
    file = of_one()
    file.model.subgraphs[0].tensors[0].name = b"\x1b[31mred\n"
    path = tmp_path / "model.tflite"
    path.write_bytes(file.written())
    for verb in ("verify", "inspect", "lint"):
        shown = efficientmod(verb, path)
        assert shown.exit_code == 0
        assert "\x1b[31mred" not in shown.output
