"""Whole networks, as the exporter gives them: EfficientMod, and one of each kind of the catalogue's other models."""

import io
import resource
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from efficientmod_export.tflite import least_runtime, to_tflite
from efficientmod_mobile import load_network

Check = Callable[..., Any]

VARIANTS = ["efficientmod_xxs", "efficientmod_xs", "efficientmod_s", "efficientmod_s_conv"]


def exported(name: str, size: tuple[int, int]) -> onnx.ModelProto:
    """The model with realistic weights, as ONNX."""
    network = load_network(name, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.onnx warns of its own deprecations
        program = torch.onnx.export(
            network.module, (torch.zeros(1, 3, *size),), dynamo=True, opset_version=20, verbose=False
        )
    return program.model_proto


@pytest.mark.slow
@pytest.mark.parametrize("size", [(224, 224), (256, 192)])
@pytest.mark.parametrize("name", VARIANTS)
def test_efficientmod_whole(check_model: Check, name: str, size: tuple[int, int]) -> None:
    model = exported(name, size)
    attention = sum(node.op_type == "Softmax" for node in model.graph.node)
    result = check_model(model, tolerance=1e-5)
    assert result.whole
    assert result.rank == 4
    assert result.operators["TRANSPOSE"] == 4 * attention
    assert not {"TILE", "SPLIT", "STRIDED_SLICE", "GATHER"} & result.operators.keys()
    assert least_runtime(result.data) == "2.9.0"
    assert to_tflite(model) == result.data


@pytest.mark.slow
def test_half_precision_weights(check_model: Check) -> None:
    model = exported("efficientmod_xxs", (224, 224))
    full, half = check_model(model), check_model(model, tolerance=2e-3, float16_weights=True)
    assert len(half.data) < 0.55 * len(full.data)
    assert half.whole
    assert half.outputs["linear_69"].shape if "linear_69" in half.outputs else half.outputs


@pytest.mark.slow
def test_conversion_is_quick_and_small() -> None:
    model = exported("efficientmod_s", (224, 224))
    buffer = io.BytesIO()
    onnx.save_model(model, buffer)
    before, used = resource.getrusage(resource.RUSAGE_SELF), None
    to_tflite(model)
    used = resource.getrusage(resource.RUSAGE_SELF)
    assert used.ru_utime - before.ru_utime + used.ru_stime - before.ru_stime < 3
    assert used.ru_maxrss - before.ru_maxrss < 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "transposes"),
    [
        ("timm/resnet18", 0),
        ("timm/mobilenetv3_small_100", 0),
        ("timm/ghostnet_100", 0),
        ("timm/convnext_atto", 0),
        ("timm/poolformer_s12", 0),
        ("timm/pvt_v2_b0", None),
        ("timm/efficientformerv2_s0", None),
        ("timm/mobilevitv2_050", None),
        ("timm/edgenext_xx_small", None),
    ],
)
def test_the_catalogue(check_model: Check, name: str, transposes: int | None) -> None:
    result = check_model(exported(name, (256, 256) if "mobilevit" in name else (224, 224)), tolerance=1e-4)
    assert result.whole
    assert result.rank == 4
    assert transposes is None or result.operators["TRANSPOSE"] == transposes
    (expected,), (actual,) = result.expected.values(), result.outputs.values()
    np.testing.assert_array_equal(np.argsort(actual)[:, -5:], np.argsort(expected)[:, -5:])
