"""Whole networks, as the exporter gives them: EfficientMod, and one of each kind of the catalogue's other models."""

import resource
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from efficientmod_export.targets.tflite.writer import least_runtime, to_tflite
from efficientmod_mobile import load_network

Check = Callable[..., Any]

VARIANTS = ["efficientmod_xxs", "efficientmod_xs", "efficientmod_s", "efficientmod_s_conv"]


@cache
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
@pytest.mark.parametrize(
    ("name", "size"),
    [*((name, (224, 224)) for name in VARIANTS), ("efficientmod_xxs", (256, 192)), ("efficientmod_s_conv", (256, 192))],
)
def test_efficientmod_whole(check_model: Check, name: str, size: tuple[int, int]) -> None:
    model = exported(name, size)
    attention = sum(node.op_type == "Softmax" for node in model.graph.node)
    result = check_model(model, tolerance=1e-5)
    assert result.whole
    assert result.rank == 4
    assert result.operators["TRANSPOSE"] == 4 * attention
    assert not {"SPLIT", "STRIDED_SLICE", "GATHER"} & result.operators.keys()
    assert least_runtime(result.data) == "2.9.0"
    assert to_tflite(model) == result.data


@pytest.mark.slow
def test_float16_weights(check_model: Check) -> None:
    model = exported("efficientmod_xxs", (224, 224))
    full, half = check_model(model), check_model(model, tolerance=2e-3, weights="float16")
    assert len(half.data) < 0.55 * len(full.data)
    assert half.whole


@pytest.mark.slow
def test_conversion_is_quick_and_small() -> None:
    """At most 3 s of processor time, and 1 GB more than the process held before."""
    model = exported("efficientmod_s", (224, 224))
    before = resource.getrusage(resource.RUSAGE_SELF)
    to_tflite(model)
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime < 3
    assert after.ru_maxrss - before.ru_maxrss < 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "transposes", "rank"),
    [
        ("timm/resnet18", 0, 4),
        ("timm/ghostnet_100", 0, 4),
        ("timm/convnext_atto", 0, 4),
        ("timm/poolformer_s12", 0, 4),
        ("timm/pvt_v2_b0", 24, 4),
        ("timm/efficientformerv2_s0", 20, 4),
        # The patches of 2 x 2 pixels, cut in steps of at most four axes, which the GPU has.
        ("timm/mobilevitv2_050", 15, 4),
    ],
)
def test_the_catalogue(check_model: Check, name: str, transposes: int, rank: int) -> None:
    result = check_model(exported(name, (256, 256) if "mobilevit" in name else (224, 224)), tolerance=1e-4)
    assert result.whole
    assert result.rank == rank
    assert result.operators["TRANSPOSE"] == transposes
    (expected,), (actual,) = result.expected.values(), result.outputs.values()
    np.testing.assert_array_equal(np.argsort(actual)[:, -5:], np.argsort(expected)[:, -5:])
