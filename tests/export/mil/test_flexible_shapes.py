"""Inputs whose shape is a range or one of a list, programs that compute with their own shape, scalars, open ranks."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from efficientmod_export.mil import MILProgram
from efficientmod_export.mil._features import Feature, to_input
from efficientmod_export.mil._flexibility import array_flexibility
from efficientmod_export.mil._graph import Variable
from efficientmod_export.mil._plan import call
from efficientmod_mobile.errors import ConversionError, InputError

from ...raising import refused


class Reshaping(nn.Module):
    """Reshapes by its own shape."""

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        return x.reshape(batch, channels, height * width).transpose(1, 2) * 2


def convert(ct: Any, save: Callable[[Any], Path], module: nn.Module, shape: Any, kind: str = "TensorType") -> Path:
    sizes = {2: torch.export.Dim("height", min=2, max=400), 3: torch.export.Dim("width", min=2, max=400)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = torch.export.export(module.eval(), (torch.zeros(1, 3, 10, 9),), dynamic_shapes=(sizes,))
        model = ct.convert(
            exported.run_decompositions({}),
            inputs=[getattr(ct, kind)(name="x", shape=shape)],
            minimum_deployment_target=ct.target.iOS16,
            compute_precision=ct.precision.FLOAT32,
            skip_model_load=True,
        )
    return save(model)


def picture(*size: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).standard_normal((1, 3, *size)).astype(np.float32)


def test_a_range_is_held(ct: Any, save: Callable[[Any], Path]) -> None:
    program = MILProgram.load(convert(ct, save, Reshaping(), (1, 3, ct.RangeDim(5, 20), ct.RangeDim(4, 9, default=9))))
    for size in ((5, 4), (20, 9), (7, 8)):
        x = picture(*size)
        (result,) = program.predict({"x": x}).values()
        np.testing.assert_array_equal(result, Reshaping()(torch.from_numpy(x)).numpy())
    for size in ((4, 9), (21, 9), (10, 3), (10, 10)):
        with refused(InputError, "wrong_input_shape", "'x'", "(1, 3, 5 to 20, 4 to 9)", str((1, 3, *size))):
            program.predict({"x": picture(*size)})


def test_a_range_without_an_end() -> None:
    from coremltools.proto import FeatureTypes_pb2

    proto = FeatureTypes_pb2.ArrayFeatureType()
    for least, most in ((1, 1), (5, -1), (2, 7)):
        proto.shapeRange.sizeRanges.add(lowerBound=least, upperBound=most)
    flexibility = array_flexibility(proto)
    assert flexibility.refuses((1, 5000, 7)) == ""
    assert flexibility.refuses((1, 4, 7)) == "of the lengths (1, 5 or more, 2 to 7)"


def test_a_list_of_shapes_is_held(ct: Any, save: Callable[[Any], Path]) -> None:
    shapes = ct.EnumeratedShapes([(1, 3, 10, 9), (1, 3, 6, 7)])
    program = MILProgram.load(convert(ct, save, Reshaping(), shapes))
    for size in ((10, 9), (6, 7)):
        assert program.predict({"x": picture(*size)})
    with refused(InputError, "wrong_input_shape", "(1, 3, 6, 7)", "(1, 3, 6, 9)"):
        program.predict({"x": picture(6, 9)})


@pytest.mark.parametrize("listed", [False, True])
def test_the_size_of_a_picture_is_held(listed: bool, ct: Any, save: Callable[[Any], Path]) -> None:
    ranges = ct.Shape((1, 3, ct.RangeDim(5, 20), ct.RangeDim(4, 9, default=9)))
    shape = ct.EnumeratedShapes([(1, 3, 10, 9), (1, 3, 6, 7)]) if listed else ranges
    program = MILProgram.load(convert(ct, save, Reshaping(), shape, "ImageType"))
    assert program.predict({"x": np.zeros((6, 7, 3), np.uint8)})
    with refused(InputError, "wrong_input_shape", "'x'", "(1, 3, 7, 10)"):
        program.predict({"x": np.zeros((7, 10, 3), np.uint8)})


def test_a_scalar_is_an_array_of_one_element(from_torch: Callable[..., Path]) -> None:
    class Total(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.sum()

    (result,) = MILProgram.load(from_torch(Total(), torch.ones(2, 3))).predict({"x0": np.ones((2, 3))}).values()
    np.testing.assert_array_equal(result, np.array([6.0], np.float32))


@pytest.mark.parametrize("ios", [15, 16, 17])
def test_lengths_are_gathered_and_joined(ios: int, from_mil: Callable[..., Path]) -> None:
    def build(mb: Any, variables: dict[str, Any]) -> Any:
        lengths = mb.shape(x=variables["x"])
        height, width = (mb.gather(x=lengths, indices=np.int32(axis), axis=0) for axis in (2, 3))
        joined = mb.concat(values=[mb.mul(x=height, y=width), np.int32(-1)], axis=0)
        return mb.reshape(x=variables["x"], shape=joined, name="y")

    x = picture(4, 5)
    result = MILProgram.load(from_mil(build, {"x": x}, ios=ios)).predict({"x": x})["y"]
    np.testing.assert_array_equal(result, x.reshape(20, 3))


def test_an_open_rank_fits_every_rank(from_mil: Callable[..., Path]) -> None:
    def build(mb: Any, variables: dict[str, Any]) -> Any:
        kept = mb.slice_by_index(x=mb.shape(x=variables["x"]), begin=[0], end=mb.cast(x=variables["n"], dtype="int32"))
        return mb.relu(x=mb.reshape(x=variables["x"], shape=kept), name="kept")

    x, count = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([2], np.int32)
    program = MILProgram.load(from_mil(build, {"x": x, "n": count}))
    (reshaped,) = [operation for operation in program.function.operations if operation.kind == "reshape"]
    assert reshaped.outputs[0].any_rank
    np.testing.assert_array_equal(program.predict({"x": x, "n": count})["kept"], x)
    assert call(reshaped, lambda: torch.zeros(1, 2, 3), {})
    with refused(ConversionError, "inconsistent_program", "(2,)"):
        call(reshaped, lambda: torch.zeros(2, dtype=torch.bool), {})


def test_an_input_of_an_open_rank_takes_every_rank() -> None:
    feature, declared = Feature("x", "multiArrayType", np.float32), Variable("x", "fp32", (), any_rank=True)
    for shape in ((), (1,), (2, 3)):
        assert to_input(np.zeros(shape, np.float32), feature, declared).shape == shape
