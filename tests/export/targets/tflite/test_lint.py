"""Anyone's `.tflite` held against the table of what a GPU computes wrongly or refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from click.testing import Result

from efficientmod_export.lint import FileLint, lint_path
from efficientmod_export.targets.tflite._file import INT8
from efficientmod_export.targets.tflite._gpu_limits import GPU_LIMITS
from efficientmod_export.targets.tflite._gpu_reported import REPORTED
from efficientmod_export.targets.tflite._shown_values import pack
from efficientmod_mobile.errors import InputError

from ....raising import refused
from .other_writers import loop, with_data_behind
from .other_writers import of_one as of_one_other

Command = Callable[..., Result]
ADD, MATMUL = schema.AddOptionsT, schema.BatchMatMulOptionsT


@pytest.fixture
def divided(benchmark: ModuleType, tmp_path: Path) -> Path:
    """A division of six channels by a constant, then a convolution."""
    form = ("DIV", "1x8x7x6 with 1x1x1x6, then CONV_2D")
    path = tmp_path / "divided.tflite"
    path.write_bytes(next(case for case in benchmark.cases() if (case.operator, case.form) == form).written())
    return path


def test_a_file_of_another_writer(divided: Path) -> None:
    (report,) = lint_path(divided)
    assert isinstance(report, FileLint)
    (fault,) = report.faults
    assert (fault.id, fault.effect, fault.count) == ("padding of the channels", "wrong", 1)
    assert fault.places[0].operator.startswith("CONV_2D(1x8x7x6, ")
    assert report.operators == 2


def test_the_command_says_it_in_both_forms(divided: Path, efficientmod: Command) -> None:
    shown = efficientmod("lint", divided)
    assert shown.exit_code == 0
    for words in ("1 of 2 operators", "padding of the channels", "wrong", "CONV_2D(1x8x7x6, ", "not a number", "2.3.0"):
        assert words in " ".join(shown.output.split())
    (report,) = json.loads(efficientmod("lint", divided, "--json").stdout)["reports"]
    assert report["path"] == str(divided)
    assert report["faults"][0]["versions"] == ["2.3.0"]


def test_a_file_without_a_fault(benchmark: ModuleType, tmp_path: Path, efficientmod: Command) -> None:
    path = tmp_path / "tanh.tflite"
    path.write_bytes(next(case for case in benchmark.cases() if case.operator == "TANH").written())
    (report,) = lint_path(path)
    assert report.count == 0
    assert "0 of 1 operators" in efficientmod("lint", path).output


def test_files_that_cannot_be_linted(tmp_path: Path) -> None:
    with refused(InputError, "unreadable_tflite", "missing.tflite"):
        lint_path(tmp_path / "missing.tflite")
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(b"TFL3")
    with refused(InputError, "damaged_tflite"):
        lint_path(damaged)
    picture = tmp_path / "picture.jpg"
    picture.touch()
    with refused(InputError, "unlintable_file", ".tflite"):
        lint_path(picture)


def product(*, weights: int = 0, added: bool = False) -> bytes:
    """A FULLY_CONNECTED of three axes with weights of this type, whose result an ADD may read."""
    from gpu_cases._case import File, numbers  # type: ignore[import-not-found]  # beside the benchmark

    file = File()
    value = file.tensor((1, 5, 6))
    weight = file.tensor(numbers(6, 6))
    options = schema.FullyConnectedOptionsT()
    result = file.emit("FULLY_CONNECTED", [value, weight, file.tensor(numbers(6))], (1, 5, 6), options)
    if added:
        result = file.emit("ADD", [result, value], (1, 5, 6), ADD())
    model = schema.ModelT.InitFromPackedBuf(file.written(result), 0)
    tensor = model.subgraphs[0].tensors[weight]
    if weights:
        tensor.type, model.buffers[tensor.buffer].data = weights, np.ones(36, np.uint8)
    return pack(model)


def of_two(code: str, *shapes: tuple[int, ...], result: tuple[int, ...], options: Any = None) -> bytes:
    """An operator of two computed tensors."""
    from gpu_cases._case import File  # type: ignore[import-not-found]  # beside the benchmark

    file = File()
    return bytes(file.written(file.emit(code, [file.tensor(shape) for shape in shapes], result, options)))


def of_one(code: str, shape: tuple[int, ...], argument: Any, options: Any) -> bytes:
    """An operator of a computed tensor and constant integers."""
    from gpu_cases._case import File  # type: ignore[import-not-found]  # beside the benchmark

    file = File()
    operands = [file.tensor(shape), file.tensor(np.asarray(argument, np.int32))]
    return bytes(file.written(file.emit(code, operands, shape, options)))


def renamed(data: bytes, code: str) -> bytes:
    """The same of another operator."""
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    number = getattr(schema.BuiltinOperator, code)
    model.operatorCodes[0].builtinCode, model.operatorCodes[0].deprecatedBuiltinCode = number, min(number, 127)
    return pack(model)


def composite(windows: int) -> bytes:
    """An attention of so many windows in one operator."""
    file = of_one_other("STABLEHLO_COMPOSITE", shape=(windows, 49, 2, 8))
    (operator,) = file.model.subgraphs[0].operators
    options = schema.StableHLOCompositeOptionsT()
    options.name = b"odml.scaled_dot_product_attention"
    operator.builtinOptions2, operator.builtinOptions2Type = options, schema.BuiltinOptions2.StableHLOCompositeOptions
    return file.written()


def masked(heads: int) -> bytes:
    """Scores of four heads, and a mask of so many."""
    from gpu_cases._case import File  # type: ignore[import-not-found]  # beside the benchmark

    file = File()
    scores = file.emit("BATCH_MATMUL", [file.tensor((1, 4, 5, 6)), file.tensor((1, 4, 6, 5))], (1, 4, 5, 5), MATMUL())
    return bytes(file.written(file.emit("ADD", [scores, file.tensor((1, heads, 5, 5))], (1, 4, 5, 5), ADD())))


@pytest.mark.usefixtures("benchmark")
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("unlike ranks", lambda: of_two("ADD", (4, 5, 5), (1, 1, 5, 5), result=(1, 4, 5, 5), options=ADD())),
        ("product and a smaller tensor", lambda: masked(1)),
        (None, lambda: masked(4)),
        (
            "attention of three axes",
            lambda: of_two("BATCH_MATMUL", (4, 5, 6), (4, 6, 5), result=(4, 5, 5), options=MATMUL()),
        ),
        ("attention of windows as a composite", lambda: composite(64)),
        (None, lambda: composite(1)),
        ("dynamic int8, then ADD", lambda: product(weights=INT8, added=True)),
        ("dynamic int8", lambda: product(weights=INT8)),
        ("sum beyond float16", lambda: of_one("SUM", (1, 8, 7, 6), (2,), schema.ReducerOptionsT(keepDims=True))),
        (None, lambda: of_one("MEAN", (1, 8, 7, 6), (2,), schema.ReducerOptionsT(keepDims=True))),
        ("borders of three axes", lambda: of_one("PAD", (1, 7, 6), ((0, 0), (2, 1), (0, 0)), schema.PadOptionsT())),
        (None, lambda: of_one("PAD", (1, 7, 6), ((0, 0), (0, 0), (2, 1)), schema.PadOptionsT())),
        ("repetition", lambda: renamed(of_one("TILE", (1, 1, 6), (1, 7, 1), schema.TileOptionsT()), "BROADCAST_TO")),
        ("batches", lambda: of_two("ADD", (2, 8, 7, 6), (2, 8, 7, 6), result=(2, 8, 7, 6), options=ADD())),
        (None, lambda: product(added=True)),
        (None, lambda: of_two("BATCH_MATMUL", (1, 4, 5, 6), (1, 4, 6, 5), result=(1, 4, 5, 5), options=MATMUL())),
    ],
)
def test_what_others_report(name: str | None, make: Callable[[], bytes], tmp_path: Path, efficientmod: Command) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(make())
    (report,) = lint_path(path)
    assert isinstance(report, FileLint)
    assert [fault.id for fault in report.reported] == [name] * (name is not None)
    shown = " ".join(efficientmod("lint", path).output.split())
    for fault in report.reported:
        assert fault.source is not None
        assert fault.source.startswith("https://github.com/")
        assert "".join(fault.source.split()) in "".join(shown.split())
        assert "Reported by others of phones, and not seen here" in shown


def test_an_operator_that_gives_nothing(benchmark: ModuleType, tmp_path: Path) -> None:
    """As one that writes a variable."""
    model = schema.ModelT.InitFromPackedBuf(
        next(case for case in benchmark.cases() if case.operator == "TANH").written(), 0
    )
    graph = model.subgraphs[0]
    silent = schema.OperatorT()
    silent.opcodeIndex, silent.inputs, silent.outputs = 0, np.array(graph.inputs, np.int32), np.array([], np.int32)
    graph.operators.append(silent)
    graph.tensors[graph.inputs[0]].shape = np.array([1, 2, 3, 4, 5], np.int32)
    path = tmp_path / "silent.tflite"
    path.write_bytes(pack(model))
    (report,) = lint_path(path)
    assert isinstance(report, FileLint)
    assert report.faults[0].places[1].operator == "TANH(1x2x3x4x5) -> nothing"


def test_arguments_that_contradict_themselves(tmp_path: Path) -> None:
    """The axes of a tensor that has none."""
    path = tmp_path / "damaged.tflite"
    path.write_bytes(of_one("MEAN", (), (2,), schema.ReducerOptionsT()))
    (report,) = lint_path(path)
    assert report.count == 0
    path.write_bytes(of_one("PAD", (1, 7, 6), 3, schema.PadOptionsT()))
    with refused(InputError, "damaged_tflite", "contradicts itself"):
        lint_path(path)


def test_reports_have_a_source_and_measured_rows_have_none() -> None:
    assert all(limit.source for limit in REPORTED)
    assert not any(limit.source for limit in GPU_LIMITS)
    assert {limit.id for limit in REPORTED}.isdisjoint(limit.id for limit in GPU_LIMITS)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("no kernel", loop),
        ("first slice of a constant", with_data_behind),
        ("types without kernels", lambda: of_one_other("ABS", schema.TensorType.COMPLEX64).written()),
        ("no elements", lambda: of_one_other(shape=(0, 3)).written()),
    ],
)
def test_files_of_other_writers(name: str, make: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(make())
    (report,) = lint_path(path)
    assert isinstance(report, FileLint)
    assert report.faults[0].id == name


def test_operators_that_no_schema_has(tmp_path: Path) -> None:
    """One of an app, whose name would steer a terminal, and one of a newer schema."""
    file = of_one_other()
    code = file.model.operatorCodes[0]
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = b"Mine\x1b[31m"
    path = tmp_path / "model.tflite"
    path.write_bytes(file.written())
    (report,) = lint_path(path)
    assert isinstance(report, FileLint)
    assert report.faults[0].places[0].operator == "custom Mine [31m(1x4x6x8) -> 1x4x6x8"
    code.customCode, code.builtinCode, code.deprecatedBuiltinCode = None, 999, 127
    path.write_bytes(file.written())
    (report,) = lint_path(path)
    assert isinstance(report, FileLint)
    assert report.operators == 1
