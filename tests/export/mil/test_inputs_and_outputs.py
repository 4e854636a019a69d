"""Inputs and outputs: images, classifiers, functions, types and open shapes. The three arithmetics."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from efficientmod_export.mil import MILProgram
from efficientmod_mobile.errors import InputError

from ...raising import refused

SIZE = (7, 9)
PIXELS = np.random.default_rng(2).integers(0, 256, (*SIZE, 3)).astype(np.uint8)
SCALE, BIAS = 1 / 127, [-0.9, -1.1, 0.3]


class Network(nn.Module):
    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 5, 3)
        with torch.no_grad():
            self.conv.weight.copy_(torch.randn(self.conv.weight.shape, generator=torch.Generator().manual_seed(1)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.conv(x).mean((2, 3)), -1)


def reference(network: nn.Module, planes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    with torch.no_grad():
        return network(torch.from_numpy(np.ascontiguousarray(planes)[None])).numpy()


def planes_of(order: str) -> np.ndarray[Any, Any]:
    planes = np.moveaxis(PIXELS, -1, 0).astype(np.float32)
    if order == "BGR":
        planes = planes[::-1]
    return (planes * np.float32(SCALE) + np.array(BIAS, np.float32)[:, None, None]).astype(np.float32)


@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_a_picture_enters_with_its_scale_bias_and_order(order: str, ct: Any, from_torch: Callable[..., Path]) -> None:
    network = Network().eval()
    image = ct.ImageType(
        name="image", shape=(1, 3, *SIZE), scale=SCALE, bias=BIAS, color_layout=getattr(ct.colorlayout, order)
    )
    program = MILProgram.load(from_torch(network, torch.zeros(1, 3, *SIZE), inputs=[image]))
    expected = reference(network, planes_of(order))
    for picture in (Image.fromarray(PIXELS), PIXELS):
        (result,) = program.predict({"image": picture}).values()
        np.testing.assert_allclose(result, expected, atol=1e-6)
    with refused(InputError, "wrong_input_shape", "(1, 3, 7, 9)", "(1, 3, 9, 7)"):
        program.predict({"image": PIXELS.transpose(1, 0, 2)})
    with refused(InputError, "wrong_input_value", "RGB"):
        program.predict({"image": Image.fromarray(PIXELS).convert("L")})
    with refused(InputError, "wrong_input_value", "uint8"):
        program.predict({"image": PIXELS.astype(np.float64)})


def test_a_grey_picture_of_half_floats_enters_and_comes_out(ct: Any, from_torch: Callable[..., Path]) -> None:
    layout = ct.colorlayout.GRAYSCALE_FLOAT16
    path = from_torch(
        nn.Hardtanh(-2.0, 0.5),
        torch.zeros(1, 1, *SIZE),
        precision="FLOAT16",
        inputs=[ct.ImageType(name="image", shape=(1, 1, *SIZE), color_layout=layout)],
        outputs=[ct.ImageType(name="clipped", color_layout=layout)],
    )
    heights = np.random.default_rng(3).standard_normal(SIZE).astype(np.float32)
    result = MILProgram.load(path).predict({"image": Image.fromarray(heights)})["clipped"]
    assert result.mode == "F"
    np.testing.assert_array_equal(np.asarray(result), np.clip(heights, -2, 0.5).astype(np.float16).astype(np.float32))


def test_a_grey_picture(ct: Any, from_torch: Callable[..., Path]) -> None:
    network = Network(1).eval()
    image = ct.ImageType(name="image", shape=(1, 1, *SIZE), scale=0.01, color_layout=ct.colorlayout.GRAYSCALE)
    program = MILProgram.load(from_torch(network, torch.zeros(1, 1, *SIZE), inputs=[image]))
    expected = reference(network, PIXELS[None, :, :, 0].astype(np.float32) * np.float32(0.01))
    (result,) = program.predict({"image": Image.fromarray(PIXELS[:, :, 0])}).values()
    np.testing.assert_allclose(result, expected, atol=1e-6)


@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_a_picture_comes_out(order: str, ct: Any, from_torch: Callable[..., Path]) -> None:
    class Darken(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * 0.5 - 20.0

    layout = getattr(ct.colorlayout, order)
    path = from_torch(
        Darken(),
        torch.zeros(1, 3, *SIZE),
        inputs=[ct.ImageType(name="image", shape=(1, 3, *SIZE), color_layout=layout)],
        outputs=[ct.ImageType(name="dark", color_layout=layout)],
    )
    result = MILProgram.load(path).predict({"image": PIXELS})["dark"]
    assert isinstance(result, Image.Image)
    expected = np.clip(np.round(PIXELS.astype(np.float32) * 0.5 - 20), 0, 255)
    np.testing.assert_array_equal(np.asarray(result), expected.astype(np.uint8))


@pytest.mark.parametrize("labels", [["ant", "bee", "cat", "dog", "emu"], [7, 5, 3, 2, 11]])
def test_a_classifier_gives_its_label_and_probabilities(
    labels: list[Any], ct: Any, from_torch: Callable[..., Path]
) -> None:
    network = Network().eval()
    x = planes_of("RGB")
    path = from_torch(
        network, torch.from_numpy(x[None].copy()), precision="FLOAT16", classifier_config=ct.ClassifierConfig(labels)
    )
    outputs = MILProgram.load(path, arithmetic="float32").predict({"x0": x[None]})
    expected = reference(network, x)[0]
    assert outputs["classLabel"] == labels[int(expected.argmax())]
    probabilities = outputs["classLabel_probs"]
    assert list(probabilities) == labels
    np.testing.assert_allclose(list(probabilities.values()), expected, atol=2e-3)


def test_the_default_function_runs_and_others_by_name(ct: Any, from_torch: Callable[..., Path], tmp_path: Path) -> None:
    x = torch.from_numpy(planes_of("RGB")[None].copy())
    doubled = nn.Sequential(Network().eval(), nn.Hardtanh(0.0, 0.1))
    first, second = from_torch(Network(), x, ios=18), from_torch(doubled, x, ios=18)
    description = ct.utils.MultiFunctionDescriptor()
    description.add_function(str(first), src_function_name="main", target_function_name="day")
    description.add_function(str(second), src_function_name="main", target_function_name="night")
    description.default_function_name = "night"
    path = tmp_path / "both.mlpackage"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ct.utils.save_multifunction(description, str(path))
    for function, source in (("day", first), ("night", second), (None, second)):
        (result,) = MILProgram.load(path, function=function).predict({"x0": x.numpy()}).values()
        (expected,) = MILProgram.load(source).predict({"x0": x.numpy()}).values()
        np.testing.assert_array_equal(result, expected)


def test_arrays_come_out_in_the_declared_type(ct: Any, from_torch: Callable[..., Path]) -> None:
    x = torch.from_numpy(planes_of("RGB")[None].copy())
    half = {"outputs": [ct.TensorType(name="y", dtype=np.float16)]}
    inputs = [ct.TensorType(name="x", shape=x.shape, dtype=np.float16)]
    path = from_torch(Network(), x, precision="FLOAT16", inputs=inputs, **half)
    assert MILProgram.load(path).predict({"x": x.numpy()})["y"].dtype == np.float16


def test_an_input_with_a_default_may_be_left_out(ct: Any, from_torch: Callable[..., Path]) -> None:
    class Scaled(nn.Module):
        def forward(self, x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
            return x * factor

    x, factor = torch.arange(6.0).reshape(2, 3), torch.ones(3)
    inputs = [
        ct.TensorType(name="x", shape=(2, 3), dtype=np.float32),
        ct.TensorType(name="factor", shape=(3,), dtype=np.float32, default_value=np.full(3, 2.5, np.float32)),
    ]
    program = MILProgram.load(from_torch(Scaled(), x, factor, inputs=inputs))
    for given, expected in (({}, 2.5), ({"factor": np.full(3, -1.0)}, -1.0)):
        (result,) = program.predict({"x": x.numpy(), **given}).values()
        np.testing.assert_array_equal(result, x.numpy() * np.float32(expected))
    with refused(InputError, "wrong_input_names", "'factor'"):
        program.predict({"factor": np.ones(3)})


def test_a_shape_left_open(ct: Any, save: Callable[[Any], Path]) -> None:
    network = Network().eval()
    size = torch.export.Dim("size", min=5, max=50)
    x = torch.randn(1, 3, 21, 10, generator=torch.Generator().manual_seed(4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = torch.export.export(network, (x,), dynamic_shapes=({2: size},)).run_decompositions({})
        model = ct.convert(
            exported,
            inputs=[ct.TensorType(name="x", shape=(1, 3, ct.RangeDim(5, 50), 10))],
            compute_precision=ct.precision.FLOAT32,
            minimum_deployment_target=ct.target.iOS16,
            skip_model_load=True,
        )
    program = MILProgram.load(save(model))
    assert program.function.inputs[0].shape == (1, 3, None, 10)
    for height in (5, 8, 21):
        picture = x[:, :, :height].numpy()
        (result,) = program.predict({"x": picture}).values()
        np.testing.assert_allclose(result, reference(network, picture[0]), atol=1e-6)


LARGE = 300.0


@pytest.fixture(scope="module")
def squares(from_torch: Callable[..., Path]) -> Callable[[str], Path]:
    """x * x + weight in either precision: a value that overflows float16, and a weight that float16 cannot hold."""

    class Squares(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.full((20,), 1.0001))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x * x) * 1e-5 + self.weight

    return lambda precision: from_torch(Squares(), torch.zeros(20), precision=precision)


def run(path: Path, arithmetic: Any) -> np.ndarray[Any, Any]:
    (result,) = MILProgram.load(path, arithmetic=arithmetic).predict({"x0": np.full(20, LARGE, np.float32)}).values()
    return np.asarray(result, np.float64)


def test_float32_rounds_nothing(squares: Callable[[str], Path]) -> None:
    np.testing.assert_allclose(run(squares("FLOAT32"), "float32"), LARGE**2 * 1e-5 + 1.0001, rtol=1e-6)


def test_float16_storage_rounds_the_weights_only(squares: Callable[[str], Path]) -> None:
    stored = LARGE**2 * float(np.float16(1e-5)) + float(np.float16(1.0001))
    np.testing.assert_allclose(run(squares("FLOAT32"), "float16_storage"), stored, rtol=1e-6)


def test_float16_overflows_where_a_phone_does(squares: Callable[[str], Path]) -> None:
    assert np.isinf(run(squares("FLOAT16"), "float16")).all()
    assert np.isfinite(run(squares("FLOAT16"), "float32")).all()
    np.testing.assert_array_equal(run(squares("FLOAT32"), "float16"), run(squares("FLOAT32"), "float32"))
